import { clsx } from "clsx";

/** Characters at the end of a name that always show: a number and an extension. */
const TAIL = 10;

/** A name on one line. A long one is cut in its middle, because names of a series differ at their end. */
export function Name({ children: name, className }: { children: string; className?: string }) {
  const characters = [...name];
  const cut = characters.length > TAIL + 4 ? characters.length - TAIL : characters.length;
  if (cut === characters.length)
    return <span className={clsx("block truncate whitespace-pre", className)}>{name}</span>;
  return (
    <span className={clsx("relative flex min-w-0", className)}>
      {/* Screen readers would put a space between the parts. */}
      <span className="sr-only">{name}</span>
      <span aria-hidden className="truncate whitespace-pre">
        {characters.slice(0, cut).join("")}
      </span>
      <span aria-hidden className="shrink-0 whitespace-pre">
        {characters.slice(cut).join("")}
      </span>
    </span>
  );
}
