import type { ReactNode } from "react";
import { PageLink } from "@/components/ui/page-link";
import { formatCount } from "@/lib/units";
import { text } from "@/text";
import { stackFor, type Station } from "../layout";
import type { SceneModel } from "../model";

/** Target of a click on a station. */
export const STATION_PATHS: Record<Station, string> = {
  uploads: "/videos",
  queue: "/#queue",
  workers: "/#pods",
  thumbnails: "/gallery",
  deadLetters: "/failures",
};

/** Return a short label for each station. */
export function stationLabels(model: SceneModel): Record<Station, string> {
  const busy = model.workers.filter(({ status }) => status === "busy").length;
  const { perSlab } = stackFor(model.waiting);
  const waiting = text.scene.waiting(model.waiting);
  return {
    uploads: text.scene.arriving(model.sending, model.arrived),
    queue: perSlab > 1 ? `${waiting}, ${text.scene.perSlab(perSlab)}` : waiting,
    workers: model.workers.length === 0 ? text.scene.noWorkers : text.scene.busy(busy, model.workers.length),
    thumbnails: formatCount(model.thumbnails),
    deadLetters: text.scene.dead(model.deadLetters),
  };
}

interface StationLinkProps {
  station: Station;
  label: string;
  className?: string;
  children?: ReactNode;
}

export function StationLink({ station, label, className = "" }: StationLinkProps) {
  return (
    <PageLink
      href={STATION_PATHS[station]}
      className={`flex flex-col items-center rounded-md px-2 py-0.5 text-center leading-4 hover:bg-raised ${className}`}
    >
      <span className="text-xs whitespace-nowrap text-muted">{text.scene[station]}</span>
      <span
        className={`text-sm font-medium whitespace-nowrap ${station === "deadLetters" && label !== text.scene.dead(0) ? "text-bad" : ""}`}
      >
        {label}
      </span>
    </PageLink>
  );
}
