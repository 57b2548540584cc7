"use client";

import { Failure } from "@/components/ui/states";
import { text } from "@/text";

export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  return (
    <main className="grid min-h-dvh place-items-center">
      <Failure title={text.problems.pageTitle} detail={error.message} onRetry={reset} />
    </main>
  );
}
