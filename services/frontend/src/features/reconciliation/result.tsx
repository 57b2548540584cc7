import { formatBytes, formatCount, formatFull } from "@/lib/units";
import { text } from "@/text/reconcile";
import { countChanges, type Finding, LEFT, QUEUED, REMOVED } from "./counts";
import type { Reconciliation } from "./queries";

/** Result of a dry run or of a run: counts, bytes, time, cost and examples. */
export function Result({ result }: { result: Reconciliation }) {
  const { dry_run: isDry, state, counts, estimate, examples, error, window } = result;
  const labels = text.reconcile;
  const ended = result.finished_at ? formatFull(new Date(result.finished_at)) : null;
  const changes = countChanges(counts);
  return (
    <section aria-label={labels.result} className="flex flex-col gap-3">
      <p role="status" className="font-medium">
        {labels.states(state, isDry, changes)}
        {ended ? <span className="font-normal text-muted"> {ended}</span> : null}
      </p>
      {error ? <p className="text-bad [overflow-wrap:anywhere]">{error}</p> : null}
      <dl className="flex flex-col gap-0.5">
        <Group title={labels.queued(isDry)} note={formatBytes(counts.queued_bytes)} findings={QUEUED} counts={counts} />
        <Group
          title={labels.removed(isDry)}
          note={formatBytes(counts.surplus_bytes)}
          findings={REMOVED}
          counts={counts}
        />
        <Group title={labels.left} findings={LEFT} counts={counts} />
      </dl>
      {estimate && changes > 0 ? <p>{labels.estimate(estimate.seconds, estimate.usd, window)}</p> : null}
      {examples.length > 0 ? (
        <details>
          <summary>{labels.examples(examples.length)}</summary>
          <ul className="mt-1 max-h-40 overflow-y-auto" tabIndex={0} aria-label={labels.examplesLabel}>
            {examples.map(({ key, finding }) => (
              <li key={`${finding} ${key}`} className="flex flex-wrap gap-x-3 py-0.5 text-xs">
                <span className="font-mono [overflow-wrap:anywhere]">{key}</span>
                <span className="text-muted">{labels.findings[finding]}</span>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </section>
  );
}

interface GroupProps {
  title: string;
  note?: string;
  findings: readonly Finding[];
  counts: Reconciliation["counts"];
}

/** Counts of a group that are not zero. */
function Group({ title, note, findings, counts }: GroupProps) {
  const found = findings.filter((finding) => counts[finding] > 0);
  return found.map((finding, index) => (
    <div key={finding} className="grid grid-cols-[6rem_1fr_auto] gap-x-3 sm:grid-cols-[8rem_1fr_auto]">
      <dt className="contents">
        <span className="text-muted">{index === 0 ? (note ? `${title} (${note})` : title) : ""}</span>
        <span>{text.reconcile.findings[finding]}</span>
      </dt>
      <dd className="text-right font-medium">{formatCount(counts[finding])}</dd>
    </div>
  ));
}
