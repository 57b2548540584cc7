import { BUTTON_SHAPE } from "@/components/ui/button";
import { Empty } from "@/components/ui/states";
import { text } from "@/text";

export default function NotFound() {
  return (
    <main className="grid min-h-dvh place-items-center">
      <Empty
        title={text.problems.notFoundTitle}
        actions={
          // eslint-disable-next-line @next/next/no-html-link-for-pages -- every page loads this file: Link is 3 kB
          <a href="/" className={`${BUTTON_SHAPE} border-line bg-panel hover:bg-raised`}>
            {text.problems.toOverview}
          </a>
        }
      >
        {text.problems.notFoundDetail}
      </Empty>
    </main>
  );
}
