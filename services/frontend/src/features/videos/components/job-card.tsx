"use client";

import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Progress } from "@/components/ui/progress";
import { text } from "@/text";
import { hasFinished, useShownJob } from "../api/jobs";
import { nameOf } from "../names";

const FAILURES_SHOWN = 10;

/** Progress and result of the job that was started last. */
export function JobCard() {
  const { job, cancel, close } = useShownJob();
  if (!job) return null;
  const isFinished = hasFinished(job);
  const ended = job.done + job.failed;
  const title = text.jobs.titles[job.kind];
  return (
    <Card
      title={title}
      className="mb-4"
      note={<span role="status">{text.jobs.progress(job.state, ended, job.total ?? null, job.failed)}</span>}
      actions={
        isFinished ? (
          <Button kind="quiet" onClick={close}>
            {text.common.close}
          </Button>
        ) : (
          <Button disabled={job.cancel_requested || cancel.isPending} onClick={() => cancel.mutate()}>
            {text.common.cancel}
          </Button>
        )
      }
    >
      {isFinished ? null : <Progress label={title} share={job.total ? ended / job.total : 0} />}
      {job.error ? <p className="px-4 py-3 text-bad">{job.error}</p> : null}
      {job.failures.length > 0 ? (
        <ul className="px-4 py-2">
          {job.failures.slice(0, FAILURES_SHOWN).map(({ key, reason }) => (
            <li key={key} className="py-1 [overflow-wrap:anywhere]">
              <span className="font-medium">{nameOf(key)}</span> <span className="text-muted">{reason}</span>
            </li>
          ))}
          {job.failed > FAILURES_SHOWN ? (
            <li className="text-muted">{text.jobs.more(job.failed - FAILURES_SHOWN)}</li>
          ) : null}
        </ul>
      ) : null}
    </Card>
  );
}
