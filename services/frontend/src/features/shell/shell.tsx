"use client";

import dynamic from "next/dynamic";
import { usePathname, useRouter } from "next/navigation";
import { type ReactNode, Suspense, useEffect } from "react";
import { noteReturn } from "@/lib/scroll-place";
import { Commands } from "@/features/commands/commands";
import { connect } from "@/features/live/api/connection";
import { useLive } from "@/features/live/api/store";
import { useRefresh } from "@/features/live/api/use-refresh";
import { useTest } from "@/features/pipeline-test/run";
import { DropZone } from "@/features/uploads/components/drop-zone";
import { useUploads } from "@/features/uploads/store";
import { setUnauthorizedHandler } from "@/lib/api/call";
import { useIsIdle } from "@/lib/use-is-idle";
import { text } from "@/text";
import { Header } from "./header";

// Load when the browser is idle: no upload or test has started by then.
const TestDialog = dynamic(() => import("@/features/pipeline-test/test-dialog").then((found) => found.TestDialog), {
  ssr: false,
});
const UploadTray = dynamic(
  () => import("@/features/uploads/components/upload-tray").then((found) => found.UploadTray),
  {
    ssr: false,
  },
);

/** Frame of every page except the login. It keeps the connection and the uploads while the user navigates. */
export function Shell({ children }: { children: ReactNode }) {
  const router = useRouter();
  const pathname = usePathname();
  useRefresh();
  const isDown = useLive((state) => state.socket === "lost");

  useEffect(() => connect(), []);

  useEffect(() => {
    window.addEventListener("popstate", noteReturn);
    return () => window.removeEventListener("popstate", noteReturn);
  }, []);

  useEffect(() => {
    setUnauthorizedHandler((hadSession) => {
      // Several calls may get 401 at once; the first one redirects.
      if (window.location.pathname === "/login") return;
      const here = window.location.pathname + window.location.search;
      router.replace(`/login?${hadSession ? "expired=1&" : ""}next=${encodeURIComponent(here)}`);
    });
    return () => setUnauthorizedHandler(() => undefined);
  }, [router]);

  return (
    <>
      <a
        href="#content"
        className="sr-only z-50 rounded-lg bg-panel px-4 py-2 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {text.common.skipToContent}
      </a>
      <Header />
      <main
        key={pathname}
        id="content"
        tabIndex={-1}
        data-down={isDown || undefined}
        className="mx-auto w-full max-w-[110rem] px-4 pt-6 pb-5 outline-none data-down:grayscale sm:px-6"
      >
        {/* A task of its own: frame and page together would block the browser for 40 ms. */}
        <Suspense>{children}</Suspense>
      </main>
      <Later />
      <DropZone />
      <Commands />
    </>
  );
}

/** Uploads and test run, which no page shows at its start. They load while a connection is still likely. */
function Later() {
  const isIdle = useIsIdle();
  const hasUploads = useUploads((all) => all.length > 0);
  const { isShown: isTestShown } = useTest();
  return (
    <>
      {isIdle || hasUploads ? <UploadTray /> : null}
      {isIdle || isTestShown ? <TestDialog /> : null}
    </>
  );
}
