import { Fragment } from "react";
import { ArrowRight } from "lucide-react";
import { text } from "@/text";
import type { SceneModel } from "../model";
import { stationLabels, StationLink } from "./station-links";

const ROW = ["uploads", "queue", "workers", "thumbnails"] as const;

/** The scene as text: on request, or if it cannot be drawn. */
export function SceneText({ model, note }: { model: SceneModel; note?: string }) {
  const labels = stationLabels(model);
  return (
    <div className="flex h-full flex-col items-center justify-center gap-4 p-4">
      <div className="flex flex-wrap items-center justify-center gap-2">
        {ROW.map((station, index) => (
          <Fragment key={station}>
            {index > 0 ? <ArrowRight size={16} aria-hidden className="text-line-strong" /> : null}
            <StationLink station={station} label={labels[station]} className="border border-line px-4 py-3" />
          </Fragment>
        ))}
      </div>
      <StationLink station="deadLetters" label={labels.deadLetters} className="border border-line px-4 py-3" />
      <ul className="flex max-h-24 flex-wrap justify-center gap-x-4 gap-y-1 overflow-y-auto text-xs text-muted">
        {model.workers.map(({ name, status }) => (
          <li key={name}>{text.scene.worker(name, text.scene.statuses[status])}</li>
        ))}
      </ul>
      {note ? <p className="text-xs text-muted">{note}</p> : null}
    </div>
  );
}
