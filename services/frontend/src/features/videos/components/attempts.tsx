import { Card } from "@/components/ui/card";
import type { VideoDetails } from "@/lib/api/models";
import { formatDuration, formatFull } from "@/lib/units";
import { text } from "@/text/pages/video";
import { describeOptions } from "../options";
import { StatePill } from "./state-pill";

/** Earlier attempts at a video, the newest first. Nothing for a video with only one. */
export function Attempts({ attempts }: { attempts: VideoDetails["attempts"] }) {
  if (attempts.length < 2) return null;
  return (
    <Card title={text.video.attemptsTitle} className="mt-4">
      <ol className="px-4 py-2">
        {attempts.toReversed().map((attempt) => (
          <li
            key={`${attempt.number} ${attempt.started_at}`}
            className="flex flex-wrap items-baseline gap-x-3 gap-y-1 border-b border-line py-2 last:border-b-0"
          >
            <span className="w-6 font-medium">{attempt.number}</span>
            {attempt.ended_at === null && attempt !== attempts.at(-1) ? (
              <span className="text-muted">{text.video.noResult}</span>
            ) : (
              <StatePill state={attempt.state} />
            )}
            <span className="text-muted">
              <time dateTime={attempt.started_at}>{formatFull(new Date(attempt.started_at))}</time>
              {attempt.ended_at ? ` · ${formatDuration(secondsOf(attempt.started_at, attempt.ended_at))}` : null}
              {attempt.worker ? ` · ${attempt.worker}` : null}
            </span>
            {describeOptions(attempt.options) ? (
              <span className="text-muted">{describeOptions(attempt.options)}</span>
            ) : null}
            {attempt.reason ? <span className="w-full [overflow-wrap:anywhere]">{attempt.reason}</span> : null}
          </li>
        ))}
      </ol>
    </Card>
  );
}

function secondsOf(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}
