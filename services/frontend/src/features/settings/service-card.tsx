import { Card } from "@/components/ui/card";
import { Pill } from "@/components/ui/pill";
import { formatMoment } from "@/lib/units";
import { text } from "@/text/pages/settings";
import { type ComparedSetting, isDifferent, letterOf, type Setting, type ShownService } from "./matching";

interface ServiceCardProps {
  service: ShownService;
  /** Those that match the filters. */
  settings: readonly ComparedSetting[];
  now: Date;
}

/** The settings of one service, or the reason why there are none. */
export function ServiceCard({ service, settings, now }: ServiceCardProps) {
  const { service: name, variants, error } = service;
  const differ = variants.length > 1;
  return (
    <Card title={text.settings.services[name]} note={noteOf(service, now)}>
      {differ ? (
        <div className="border-b border-line bg-warn-soft px-4 py-2 text-warn">
          <p className="font-medium">{text.settings.differ}</p>
          {variants.map(({ version, seen_at: seenAt }, index) => (
            <p key={letterOf(index)} className="text-xs">
              {text.settings.variant(letterOf(index), version, formatMoment(new Date(seenAt), now))}
            </p>
          ))}
        </div>
      ) : null}
      {variants.length === 0 ? (
        <p className="px-4 py-6 text-muted">
          {error ? text.settings.unreadable(error) : text.settings.unpublished[name]}
        </p>
      ) : (
        <ul aria-label={text.settings.of[name]}>
          {settings.map((setting) => (
            <SettingRow key={setting.name} setting={setting} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function noteOf({ service, variants, is_running: isRunning }: ShownService, now: Date): string | null {
  if (service === "dashboard") return text.settings.ofServer;
  const [newest, ...others] = variants;
  if (!newest || others.length > 0) return null;
  if (service === "api") return text.settings.answered(newest.version);
  const time = formatMoment(new Date(newest.seen_at), now);
  return isRunning ? text.settings.seen(newest.version, time) : text.settings.ended(newest.version, time);
}

function SettingRow({ setting }: { setting: ComparedSetting }) {
  const { name, description, readings } = setting;
  const differs = isDifferent(setting);
  return (
    // The browser lays out the rows near the window only.
    <li className="grid gap-x-6 gap-y-1 border-t border-line px-4 py-2.5 [contain-intrinsic-size:auto_4rem] [content-visibility:auto] first:border-t-0 lg:grid-cols-[18rem_1fr_1.4fr]">
      <p className="font-mono text-xs leading-5 font-medium [overflow-wrap:anywhere]">
        {name} {differs ? <Pill tone="warn">{text.settings.differs}</Pill> : null}
      </p>
      <div className="grid min-w-0 gap-y-1">
        {readings.map(({ letters, setting: value }) => (
          <div key={letters.join()} className="min-w-0">
            <p className="font-mono text-xs leading-5 [overflow-wrap:anywhere]">
              {differs ? `${letters.join(", ")}: ` : ""}
              {value ? valueOf(value) : text.settings.missing}
            </p>
            {value ? <p className="text-xs text-muted">{sourceOf(value)}</p> : null}
          </div>
        ))}
      </div>
      <p className="text-muted">{description}</p>
    </li>
  );
}

function sourceOf({ source, default: preset }: Setting): string {
  return source === "default" ? text.settings.isDefault : text.settings.isSet(preset ?? null);
}

function valueOf({ value, is_secret: isSecret, is_per_process: isPerProcess, source }: Setting): string {
  if (isPerProcess) return text.settings.perProcess;
  if (isSecret) return source === "default" ? text.settings.unset : text.settings.secret;
  return value ? value : text.settings.unset;
}
