"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useConfig } from "@/features/session/session";
import type { VideoDetails } from "@/lib/api/models";
import { text } from "@/text/pages/video";

const VideoLogLines = dynamic(() => import("./video-log-lines").then((found) => found.VideoLogLines), { ssr: false });

/** Lines about an upload. They are loaded on request: a search costs more than the rest of the page. */
export function VideoLogs({ video }: { video: VideoDetails }) {
  const [isOpen, setOpen] = useState(false);
  const hasLogs = useConfig()?.has_logs ?? false;
  if (!hasLogs) return null;
  return (
    <Card title={text.video.logs.title} className="mt-4">
      {isOpen ? (
        <VideoLogLines video={video} />
      ) : (
        <div className="flex flex-wrap items-center gap-3 px-4 py-3">
          <p className="text-muted">{text.video.logs.note}</p>
          <Button onClick={() => setOpen(true)}>{text.video.logs.show}</Button>
        </div>
      )}
    </Card>
  );
}
