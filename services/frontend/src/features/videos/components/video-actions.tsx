"use client";

import { Download, Ellipsis, EyeOff, Link2, RefreshCw, RotateCw, SquareTerminal, Trash2 } from "lucide-react";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { BUTTON_SHAPE, Button } from "@/components/ui/button";
import { copyText } from "@/lib/copy";
import { Menu, type MenuItem } from "@/components/ui/menu";
import { useIsOperator } from "@/features/session/session";
import type { VideoDetails } from "@/lib/api/models";
import { text } from "@/text/pages/video";
import { useVideoAction } from "../api/bulk";
import { useRetry } from "../api/retry";
import { videoCall } from "../embedding";
import { baseName } from "../names";

const RegenerateVideo = dynamic(() => import("./regenerate-dialog").then((found) => found.RegenerateVideo), {
  ssr: false,
});
const DeleteDialog = dynamic(() => import("./delete-dialog").then((found) => found.DeleteDialog), { ssr: false });

/** Actions on one video, at the top of its page. */
export function VideoActions({ video }: { video: VideoDetails }) {
  const isOperator = useIsOperator();
  const router = useRouter();
  const retry = useRetry(video.key);
  const action = useVideoAction();
  const [isDeleting, setDeleting] = useState(false);
  const [isRegenerating, setRegenerating] = useState(false);
  const { origin, href } = typeof window === "undefined" ? { origin: "", href: "" } : window.location;
  const items: MenuItem[] = [
    {
      label: text.common.copyLink,
      icon: <Link2 size={16} aria-hidden />,
      onSelect: () => void copyText(href, text.common.link),
    },
    {
      label: text.video.copyCall,
      icon: <SquareTerminal size={16} aria-hidden />,
      onSelect: () => void copyText(videoCall(video.key, origin), text.video.call),
    },
  ];
  if (isOperator && (video.state === "done" || video.state === "degraded"))
    items.push({
      label: text.video.regenerate,
      icon: <RefreshCw size={16} aria-hidden />,
      onSelect: () => setRegenerating(true),
    });
  if (isOperator && video.state === "failed")
    items.push({
      label: text.video.dismiss,
      icon: <EyeOff size={16} aria-hidden />,
      onSelect: () => action.run({ action: "dismiss", keys: [video.key] }),
    });
  if (isOperator)
    items.push({
      label: text.video.deleteMore,
      icon: <Trash2 size={16} aria-hidden />,
      isDangerous: true,
      onSelect: () => setDeleting(true),
    });
  return (
    <>
      <a
        href={video.download_url}
        download={baseName(video.key)}
        target="_blank"
        rel="noreferrer"
        className={`${BUTTON_SHAPE} border-line bg-panel hover:bg-raised`}
      >
        <Download size={16} aria-hidden />
        {text.video.downloadVideo}
      </a>
      {isOperator && (video.state === "failed" || video.state === "dismissed") ? (
        <Button
          kind={video.retryable ? "primary" : "plain"}
          {...(video.retryable ? {} : { title: text.video.isFinal })}
          icon={<RotateCw size={16} aria-hidden />}
          disabled={retry.isPending}
          onClick={() => retry.mutate()}
        >
          {video.retryable ? text.video.retry : text.video.retryAnyway}
        </Button>
      ) : null}
      <Menu label={text.video.more} icon={<Ellipsis size={18} aria-hidden />} items={items} />
      {isRegenerating ? <RegenerateVideo videoKey={video.key} onClose={() => setRegenerating(false)} /> : null}
      {isDeleting ? (
        <DeleteDialog
          videoKey={video.key}
          onClose={() => setDeleting(false)}
          onDeleted={() => router.push("/videos")}
        />
      ) : null}
    </>
  );
}
