"use client";

import Link from "next/link";
import { type ComponentProps, useState } from "react";

/** Link to a page, which is requested ahead only under the pointer or the focus: a page has a dozen of such links. */
export function PageLink(props: ComponentProps<typeof Link>) {
  const [isNext, setNext] = useState(false);
  return (
    <Link
      {...props}
      prefetch={isNext ? null : false}
      onPointerEnter={() => setNext(true)}
      onFocus={() => setNext(true)}
    />
  );
}
