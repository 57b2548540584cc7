import { useEffect, useState } from "react";

/** Return the address of a blurred picture that is shown until a thumbnail is loaded; null while there is none. */
export function usePlaceholder(thumbhash: string | null | undefined): string | null {
  const [made, setMade] = useState<string | null>(null);
  useEffect(() => {
    if (!thumbhash) return;
    let isCurrent = true;
    void import("@/lib/thumbhash").then(({ placeholderUrl }) => {
      // A task for each picture: those of a page together would block it.
      setTimeout(() => isCurrent && setMade(placeholderUrl(thumbhash)));
    });
    return () => {
      isCurrent = false;
    };
  }, [thumbhash]);
  return made;
}
