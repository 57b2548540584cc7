"use client";

import { type FormEvent, useId, useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { useConfig } from "@/features/session/session";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text";
import { life } from "@/text/life";
import { useRegenerate } from "../api/regeneration";
import { NO_OPTIONS, type OptionFields, type Options, parseOptions } from "../options";

const FORMATS = ["jpeg", "webp", "avif"] as const;

interface RegenerateDialogProps {
  /** Number of the videos. */
  count: number;
  isPending: boolean;
  /** Reason why the api has refused the options. */
  problem?: string | null;
  onClose: () => void;
  onConfirm: (options: Options) => void;
}

/** Question before thumbnails are made again, with a fold-out for options in place of the settings. */
export function RegenerateDialog({ count, isPending, problem, onClose, onConfirm }: RegenerateDialogProps) {
  const positions = useConfig()?.positions_pct.join(", ");
  const formatId = useId();
  const [fields, setFields] = useState(NO_OPTIONS);
  const [isWrong, setWrong] = useState(false);
  const bind = (name: keyof OptionFields) => ({
    value: fields[name],
    onChange: (event: { target: { value: string } }) => setFields({ ...fields, [name]: event.target.value }),
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    const options = parseOptions(fields);
    setWrong(options === null);
    if (options) onConfirm(options);
  }
  const texts = life.regenerate;
  return (
    <Dialog title={texts.title(count)} isOpen onClose={onClose}>
      <form onSubmit={submit}>
        <p>{texts.question(count)}</p>
        <details className="mt-4 rounded-lg border border-line px-4 py-2.5">
          <summary className="cursor-pointer font-medium">{texts.more}</summary>
          <p className="mt-2 text-muted">{texts.hint}</p>
          <div className="mt-3 grid gap-3 pb-2 sm:grid-cols-2">
            <Field
              label={texts.positions}
              placeholder={positions}
              error={isWrong ? texts.wrongPositions : null}
              {...bind("positions")}
            />
            <Field
              label={texts.width}
              type="number"
              min={16}
              max={4096}
              placeholder={texts.setting}
              {...bind("width")}
            />
            <div className="flex min-w-0 flex-col gap-1.5">
              <label htmlFor={formatId} className="text-sm font-medium">
                {texts.format}
              </label>
              <select
                id={formatId}
                className="min-h-9 w-full rounded-lg border border-line-strong bg-panel px-2 text-sm"
                {...bind("format")}
              >
                <option value="">{texts.setting}</option>
                {FORMATS.map((format) => (
                  <option key={format}>{format}</option>
                ))}
              </select>
            </div>
            <Field
              label={texts.quality}
              type="number"
              min={1}
              max={100}
              placeholder={texts.setting}
              {...bind("quality")}
            />
          </div>
        </details>
        {problem ? (
          <p role="alert" className="mt-3 text-bad">
            {problem}
          </p>
        ) : null}
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{text.common.cancel}</Button>
          <Button kind="primary" type="submit" disabled={isPending}>
            {texts.submit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** The dialog for one video. */
export function RegenerateVideo({ videoKey, onClose }: { videoKey: string; onClose: () => void }) {
  const { mutate, isPending, error } = useRegenerate(videoKey);
  return (
    <RegenerateDialog
      count={1}
      isPending={isPending}
      problem={error ? asProblem(error).message : null}
      onClose={onClose}
      onConfirm={(options) => mutate(options, { onSuccess: onClose })}
    />
  );
}
