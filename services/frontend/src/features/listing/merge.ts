/** Pages of a long list, newest first. Pure. */

export interface Page<Item> {
  items: readonly Item[];
  next_cursor?: string | null;
}

/** Put a fresh first page in front of the loaded pages, and remove its items from the later ones. */
export function prependPage<Item, P extends Page<Item>>(
  pages: readonly P[],
  fresh: P,
  keyOf: (item: Item) => string,
): P[] {
  const keys = new Set(fresh.items.map(keyOf));
  const older = pages.map((page) => ({ ...page, items: page.items.filter((item) => !keys.has(keyOf(item))) }));
  const [first, ...rest] = older;
  // Keep the cursor of the old first page: the fresh page's own cursor would repeat items.
  return first
    ? [{ ...fresh, items: [...fresh.items, ...first.items], next_cursor: first.next_cursor ?? null }, ...rest]
    : [fresh];
}
