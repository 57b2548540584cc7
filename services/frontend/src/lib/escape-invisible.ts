// The same set as in services/contract/text.py: control characters, direction marks, line ends, invisible characters.
const DECEPTIVE =
  /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\u00ad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Cs}]/gu;

/** Replace each invisible or direction-changing character by an escape, in text of others such as file names. */
export function escapeInvisible(text: string): string {
  return text.replace(DECEPTIVE, (found) => {
    const code = found.codePointAt(0)!.toString(16);
    return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
  });
}
