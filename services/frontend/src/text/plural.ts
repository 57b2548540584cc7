import { formatCount } from "@/lib/units";

/** Format a count with its noun: "1 video", "1,200 videos". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
