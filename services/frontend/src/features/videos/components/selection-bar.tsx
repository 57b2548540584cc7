"use client";

import { EyeOff, RefreshCw, RotateCw, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { text } from "@/text";
import { type JobRequest, useStartJob } from "../api/jobs";
import type { JobFilter } from "../selection";

const MAX_KEYS = 1000;

interface SelectionBarProps {
  keys: readonly string[];
  /** Filter of the list, null if a job cannot express it. */
  filter: JobFilter | null;
  onClear: () => void;
}

/** Actions on the selected videos, or on all of the filter. */
export function SelectionBar({ keys, filter, onClear }: SelectionBarProps) {
  const start = useStartJob();
  const [isAll, setAll] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const isWhole = isAll && filter !== null;
  const chosen: Pick<JobRequest, "keys" | "filter"> = isWhole ? { filter } : { keys: keys.slice(0, MAX_KEYS) };
  const run = (request: Omit<JobRequest, "keys" | "filter">) =>
    start.mutate({ ...request, ...chosen }, { onSuccess: onClear });
  const buttons = [
    ["regenerate", <RefreshCw key="regenerate" size={16} aria-hidden />],
    ["retry", <RotateCw key="retry" size={16} aria-hidden />],
    ["dismiss", <EyeOff key="dismiss" size={16} aria-hidden />],
  ] as const;
  return (
    <section
      aria-label={text.jobs.selection}
      className="sticky top-14 z-20 mb-3 flex flex-wrap items-center gap-2 rounded-card border border-line bg-panel px-4 py-2 shadow-lg max-lg:top-24"
    >
      <p role="status" className="mr-auto font-medium">
        {isWhole ? text.jobs.allOfFilter : text.jobs.selected(keys.length)}
      </p>
      {filter && !isAll ? (
        <Button kind="quiet" onClick={() => setAll(true)}>
          {text.jobs.selectFilter}
        </Button>
      ) : null}
      {buttons.map(([kind, icon]) => (
        <Button key={kind} icon={icon} disabled={start.isPending} onClick={() => run({ kind, upload: false })}>
          {text.jobs.actions[kind]}
        </Button>
      ))}
      {/* A deletion of a filter needs a limit, which a person would guess: only a selection can be deleted. */}
      <Button
        kind="danger"
        icon={<Trash2 size={16} aria-hidden />}
        disabled={start.isPending || isWhole}
        onClick={() => setDeleting(true)}
      >
        {text.jobs.actions.delete}
      </Button>
      <Button kind="quiet" onClick={onClear}>
        {text.failures.clear}
      </Button>
      {isDeleting ? (
        <DeleteMany
          count={Math.min(keys.length, MAX_KEYS)}
          onClose={() => setDeleting(false)}
          onConfirm={(upload) => {
            setDeleting(false);
            run({ kind: "delete", upload });
          }}
        />
      ) : null}
    </section>
  );
}

interface DeleteManyProps {
  count: number;
  onClose: () => void;
  onConfirm: (withUpload: boolean) => void;
}

function DeleteMany({ count, onClose, onConfirm }: DeleteManyProps) {
  const [withUpload, setWithUpload] = useState(false);
  return (
    <Dialog title={text.jobs.deleteTitle(count)} isOpen onClose={onClose}>
      <p>{text.jobs.deleteQuestion(withUpload)}</p>
      <label className="mt-3 flex items-center gap-2.5">
        <input
          type="checkbox"
          checked={withUpload}
          onChange={(event) => setWithUpload(event.target.checked)}
          className="size-4 accent-accent"
        />
        {text.jobs.deleteUploadsToo}
      </label>
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onClose}>{text.common.cancel}</Button>
        <Button kind="danger" onClick={() => onConfirm(withUpload)}>
          {text.jobs.deleteTitle(count)}
        </Button>
      </div>
    </Dialog>
  );
}
