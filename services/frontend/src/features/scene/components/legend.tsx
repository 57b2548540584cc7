import { clsx } from "clsx";
import { text } from "@/text";

const COLOURS = [
  ["bg-accent", text.scene.legend.moving],
  ["bg-good", text.scene.legend.ready],
  ["bg-warn", text.scene.legend.starting],
  ["bg-bad", text.scene.legend.failed],
] as const;

/** Meaning of the colours in the scene. */
export function Legend() {
  return (
    <ul className="flex flex-wrap gap-x-5 gap-y-1 px-4 py-3 text-xs text-muted">
      {COLOURS.map(([colour, meaning]) => (
        <li key={colour} className="flex items-center gap-1.5">
          <span aria-hidden className={clsx("size-2.5 rounded-sm", colour)} />
          {meaning}
        </li>
      ))}
    </ul>
  );
}
