/** Pages of a long list, the newest first. Pure. */

export interface Page<Item> {
  items: readonly Item[];
  next_cursor?: string | null;
}

/** Puts a fresh first page in front of what was loaded; what stands in it is taken out further down. */
export function withFreshFirst<Item, P extends Page<Item>>(
  pages: readonly P[],
  fresh: P,
  keyOf: (item: Item) => string,
): P[] {
  const keys = new Set(fresh.items.map(keyOf));
  const older = pages.map((page) => ({ ...page, items: page.items.filter((item) => !keys.has(keyOf(item))) }));
  const [first, ...rest] = older;
  // The fresh page continues where the first one did: its own cursor would bring the same videos again.
  return first
    ? [{ ...fresh, items: [...fresh.items, ...first.items], next_cursor: first.next_cursor ?? null }, ...rest]
    : [fresh];
}
