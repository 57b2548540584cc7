"use client";

import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Progress } from "@/components/ui/progress";
import { useIsOperator } from "@/features/session/session";
import { text } from "@/text/jobs";
import { closeJob, hasFinished, useCancelJob, useJob, useShownJobs, useUndoJob } from "../api/jobs";
import { nameOf } from "../names";

const FAILURES_SHOWN = 10;

/** Progress and result of the bulk jobs. */
export function JobCards() {
  return useShownJobs().map((id) => <JobCard key={id} id={id} />);
}

function JobCard({ id }: { id: string }) {
  const job = useJob(id);
  const cancel = useCancelJob(id);
  const undo = useUndoJob(id);
  const isOperator = useIsOperator();
  if (!job) return null;
  const isFinished = hasFinished(job);
  const ended = job.done + job.failed;
  const title = text.jobs.titles[job.kind];
  const failures = job.failures ?? [];
  return (
    <Card
      title={title}
      className="mb-4"
      note={<span role="status">{text.jobs.progress(job.state, ended, job.total ?? null, job.failed)}</span>}
      actions={
        isFinished ? (
          <>
            {job.undoable && isOperator ? (
              <Button disabled={undo.isPending} onClick={() => undo.mutate()}>
                {text.common.undo}
              </Button>
            ) : null}
            <Button kind="quiet" onClick={() => closeJob(id)}>
              {text.common.close}
            </Button>
          </>
        ) : isOperator ? (
          <Button disabled={job.cancel_requested || cancel.isPending} onClick={() => cancel.mutate()}>
            {text.common.cancel}
          </Button>
        ) : null
      }
    >
      {isFinished ? null : <Progress label={title} share={job.total ? ended / job.total : 0} />}
      {job.error ? <p className="px-4 py-3 text-bad">{job.error}</p> : null}
      {failures.length > 0 ? (
        <ul className="px-4 py-2">
          {failures.slice(0, FAILURES_SHOWN).map(({ key, reason }) => (
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
