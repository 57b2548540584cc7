"use client";

import Link from "next/link";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Name } from "@/components/ui/name";
import { Pill } from "@/components/ui/pill";
import { Progress } from "@/components/ui/progress";
import { Failure } from "@/components/ui/states";
import { hasFinished, useJob, useStartJob } from "@/features/videos/api/jobs";
import { baseName, nameOf, pageOf } from "@/features/videos/names";
import { STATE_TONES } from "@/features/videos/components/state-pill";
import { text } from "@/text/dialogs";
import { life } from "@/text/life";
import { begin, closeTest, hasEnded, noteCleanup, type TestRun, type TestVideo, useTest } from "./run";

export function TestDialog() {
  const { isShown, run } = useTest();
  return (
    <Dialog title={text.test.title} isOpen={isShown} onClose={closeTest}>
      {run?.problem ? (
        <Failure title={text.test.failed} detail={run.problem.message} onRetry={() => void begin()} />
      ) : run ? (
        <Run run={run} />
      ) : (
        <Question />
      )}
    </Dialog>
  );
}

/** The test changes the pipeline's data, so it asks first. */
function Question() {
  return (
    <div className="flex flex-col gap-4">
      <p>{text.test.question}</p>
      <div className="flex justify-end gap-2">
        <Button onClick={closeTest}>{text.common.cancel}</Button>
        <Button kind="primary" onClick={() => void begin()}>
          {text.test.start}
        </Button>
      </div>
    </div>
  );
}

function Run({ run }: { run: TestRun }) {
  const { videos, endedMs } = run;
  const ended = videos.filter(hasEnded).length;
  const failed = videos.filter(({ video }) => video?.state === "failed").length;
  const isOver = endedMs !== null;
  return (
    <div className="flex flex-col gap-4">
      <div className="flex items-baseline justify-between gap-4">
        <p role="status">
          {videos.length === 0 ? (
            text.test.starting
          ) : isOver ? (
            <Outcome run={run} failed={failed} />
          ) : (
            text.test.progress(ended, videos.length)
          )}
        </p>
        {isOver ? null : <Stopwatch startedMs={run.startedMs} />}
      </div>
      <Progress
        label={text.test.title}
        tone={isOver ? (failed > 0 ? "warn" : "good") : "active"}
        {...(videos.length > 0 ? { share: ended / videos.length } : {})}
      />
      {run.cleanupId ? <CleanupProgress id={run.cleanupId} /> : null}
      <ul
        hidden={run.cleanupId !== null}
        tabIndex={0}
        aria-label={text.test.title}
        className="-mx-2 max-h-[50vh] overflow-y-auto"
      >
        {videos.map((entry) => (
          <Step key={entry.key} entry={entry} />
        ))}
      </ul>
      {isOver ? (
        <div className="flex flex-wrap justify-end gap-2">
          {run.cleanupId ? null : <CleanupButton keys={videos.map(({ key }) => key)} />}
          <Button onClick={() => void begin()}>{text.test.again}</Button>
        </div>
      ) : (
        <p className="text-xs text-muted">{text.test.background}</p>
      )}
    </div>
  );
}

function CleanupButton({ keys }: { keys: readonly string[] }) {
  const start = useStartJob();
  return (
    <Button
      title={life.cleanup.hint}
      disabled={start.isPending}
      onClick={() =>
        start.mutate({ kind: "delete", keys: [...keys], upload: true }, { onSuccess: ({ id }) => noteCleanup(id) })
      }
    >
      {life.cleanup.button}
    </Button>
  );
}

function CleanupProgress({ id }: { id: string }) {
  const job = useJob(id);
  if (!job || !hasFinished(job)) return <p role="status">{life.cleanup.running}</p>;
  return <p role="status">{job.failed > 0 ? life.cleanup.failed(job.failed) : life.cleanup.done(job.done)}</p>;
}

function Outcome({ run, failed }: { run: TestRun; failed: number }) {
  const seconds = ((run.endedMs ?? run.startedMs) - run.startedMs) / 1000;
  return failed > 0 ? text.test.totalFailed(failed, seconds) : text.test.total(seconds);
}

function Step({ entry: { key, video } }: { entry: TestVideo }) {
  return (
    <li className="flex min-h-12 items-center gap-3 px-2 py-1" data-test-video={video?.state ?? "queued"}>
      <div className="min-w-0 flex-1">
        <Link
          href={pageOf(key)}
          prefetch={false}
          onClick={closeTest}
          className="block hover:text-accent"
          title={nameOf(key)}
        >
          <Name>{baseName(key)}</Name>
        </Link>
        {video?.reason ? <p className="truncate text-xs text-muted">{video.reason}</p> : null}
      </div>
      <div className="flex gap-1">
        {video?.thumbnails.map((thumbnail) => (
          <img
            key={thumbnail.key}
            src={thumbnail.url}
            alt={text.gallery.alt(baseName(key), thumbnail.position_pct)}
            width={57}
            height={32}
            className="h-8 w-14 rounded-sm bg-raised object-contain max-sm:hidden"
          />
        ))}
      </div>
      <Pill tone={video ? STATE_TONES[video.state] : "calm"}>
        {video ? text.test.steps[video.state === "degraded" ? "done" : video.state] : text.test.steps.queued}
      </Pill>
    </li>
  );
}

function Stopwatch({ startedMs }: { startedMs: number }) {
  const [nowMs, setNow] = useState(startedMs);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, []);
  return <span className="text-muted">{text.test.elapsed(Math.max(0, nowMs - startedMs) / 1000)}</span>;
}
