"use client";

import { EyeOff, RefreshCw, RotateCw, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { text } from "@/text/jobs";
import { type JobRequest, useCounts, useStartJob } from "../api/jobs";
import { RegenerateDialog } from "./regenerate-dialog";
import { countListed, countTaken, type JobFilter, type JobKind } from "../selection";

const MAX_KEYS = 1000;

interface SelectionBarProps {
  keys: readonly string[];
  /** Filter of the list. */
  filter: JobFilter;
  onClear: () => void;
}

/** Actions on the selected videos, or on all that match the filter of the list. */
export function SelectionBar({ keys, filter, onClear }: SelectionBarProps) {
  const start = useStartJob();
  const [isAll, setAll] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const [isRegenerating, setRegenerating] = useState(false);
  const counted = useCounts(filter, isAll);
  const listed = counted?.isComplete ? countListed(counted.counts, filter) : null;
  const isReady = isAll ? counted !== null && counted.isComplete : keys.length <= MAX_KEYS;
  const countOf = (kind: JobKind) => (isAll ? countTaken(kind, counted?.counts ?? {}, filter) : keys.length);
  const run = (kind: JobKind, more: Pick<JobRequest, "options"> & { upload?: boolean } = {}) => {
    const request: JobRequest = { kind, upload: false, ...more };
    if (!isAll) request.keys = [...keys];
    else if (counted) {
      // Uploads since the count do not match; a deletion of more than the dialog has named changes nothing.
      const { at } = counted;
      request.filter = { ...filter, until: filter.until && filter.until < at ? filter.until : at };
      if (kind === "delete") request.max_videos = countOf(kind);
    }
    start.mutate(request, { onSuccess: onClear });
  };
  const buttons = [
    ["regenerate", <RefreshCw key="regenerate" size={16} aria-hidden />],
    ["retry", <RotateCw key="retry" size={16} aria-hidden />],
    ["dismiss", <EyeOff key="dismiss" size={16} aria-hidden />],
  ] as const;
  const canRun = (kind: JobKind) => isReady && !start.isPending && countOf(kind) > 0;
  return (
    <section
      aria-label={text.jobs.selection}
      className="sticky top-14 z-20 mb-3 flex flex-wrap items-center gap-2 rounded-card border border-line bg-panel px-4 py-2 shadow-lg max-lg:top-24"
    >
      <p role="status" className="mr-auto font-medium">
        {isAll
          ? listed === null
            ? text.jobs.counting
            : text.jobs.allOfFilter(listed)
          : keys.length > MAX_KEYS
            ? text.jobs.tooMany(keys.length, MAX_KEYS)
            : text.jobs.selected(keys.length)}
      </p>
      {isAll ? null : (
        <Button kind="quiet" onClick={() => setAll(true)}>
          {text.jobs.selectFilter(listed)}
        </Button>
      )}
      {buttons.map(([kind, icon]) => (
        <Button
          key={kind}
          icon={icon}
          disabled={!canRun(kind)}
          onClick={() => (kind === "regenerate" ? setRegenerating(true) : run(kind))}
        >
          {isAll && isReady ? text.jobs.actionOn(kind, countOf(kind)) : text.jobs.actions[kind]}
        </Button>
      ))}
      <Button
        kind="danger"
        icon={<Trash2 size={16} aria-hidden />}
        disabled={!canRun("delete")}
        onClick={() => setDeleting(true)}
      >
        {text.jobs.actions.delete}
      </Button>
      <Button kind="quiet" onClick={onClear}>
        {text.failures.clear}
      </Button>
      {isRegenerating ? (
        <RegenerateDialog
          count={countOf("regenerate")}
          isPending={start.isPending}
          onClose={() => setRegenerating(false)}
          onConfirm={(options) => {
            setRegenerating(false);
            run("regenerate", Object.keys(options).length > 0 ? { options } : {});
          }}
        />
      ) : null}
      {isDeleting ? (
        <DeleteMany
          count={countOf("delete")}
          dismissed={isAll && listed !== null ? countOf("delete") - listed : 0}
          onClose={() => setDeleting(false)}
          onConfirm={(upload) => {
            setDeleting(false);
            run("delete", { upload });
          }}
        />
      ) : null}
    </section>
  );
}

interface DeleteManyProps {
  count: number;
  /** How many of them are dismissed failures, which the list does not show. */
  dismissed: number;
  onClose: () => void;
  onConfirm: (withUpload: boolean) => void;
}

function DeleteMany({ count, dismissed, onClose, onConfirm }: DeleteManyProps) {
  const [withUpload, setWithUpload] = useState(false);
  return (
    <Dialog title={text.jobs.deleteTitle(count)} isOpen onClose={onClose}>
      <p>{text.jobs.deleteQuestion(withUpload)}</p>
      {dismissed > 0 ? <p className="mt-2">{text.jobs.withDismissed(dismissed)}</p> : null}
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
