import Link from "next/link";
import { BUTTON_SHAPE } from "@/components/ui/button";
import { Empty } from "@/components/ui/states";
import { text } from "@/text";

export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-items-center">
      <Empty
        title={text.problems.notFoundTitle}
        actions={
          <Link href="/" className={`${BUTTON_SHAPE} border-line bg-panel hover:bg-raised`}>
            {text.problems.toOverview}
          </Link>
        }
      >
        {text.problems.notFoundDetail}
      </Empty>
    </main>
  );
}
