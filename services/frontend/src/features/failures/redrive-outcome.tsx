"use client";

import Link from "next/link";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Name } from "@/components/ui/name";
import { Pill } from "@/components/ui/pill";
import { nameOf, pageOf } from "@/features/videos/names";
import { StatePill } from "@/features/videos/components/state-pill";
import { text } from "@/text/pages/failures";
import { useRedriven } from "./redriven";

const SHOWN = 8;

interface RedriveOutcomeProps {
  /** Keys that are still selected after a partial redrive. */
  rest: readonly string[];
  onRedriveRest: () => void;
}

/** Results of the redriven videos, updated as they finish. */
export function RedriveOutcome({ rest, onRedriveRest }: RedriveOutcomeProps) {
  const { videos, clear } = useRedriven();
  if (videos.length === 0) return null;
  const done = videos.filter(({ video }) => video?.state === "done" || video?.state === "degraded").length;
  const failed = videos.filter(({ video }) => video?.state === "failed").length;
  const open = videos.length - done - failed;
  return (
    <Card
      title={text.failures.outcome}
      className="mb-4"
      note={<span role="status">{text.failures.outcomeCounts(done, failed, open)}</span>}
      actions={
        <>
          {open === 0 && rest.length > 0 ? (
            <Button onClick={onRedriveRest}>{text.failures.restToo(rest.length)}</Button>
          ) : null}
          <Button kind="quiet" onClick={clear}>
            {text.common.close}
          </Button>
        </>
      }
    >
      <ul className="py-1">
        {videos.slice(0, SHOWN).map(({ key, video }) => (
          <li key={key} className="flex items-center gap-3 px-4 py-1.5">
            <Link href={pageOf(key)} prefetch={false} className="min-w-0 flex-1 hover:text-accent hover:underline">
              <Name>{nameOf(key)}</Name>
            </Link>
            {video ? <StatePill state={video.state} /> : <Pill tone="calm">{text.failures.outcomeWaiting}</Pill>}
          </li>
        ))}
      </ul>
    </Card>
  );
}
