/** Numbers and times formatted as in British English. Pure, and independent of the pipeline.
 *
 * They do not use Intl: its first use takes 15 to 30 ms of each page's load.
 */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

export function formatCount(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Format bytes in decimal units, as in S3's bill. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** Format a duration in its one or two largest units: 850 ms, 4.2 s, 3 min 20 s, 2 h 5 min, 4 d 3 h. */
export function formatDuration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.995 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return pair(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(minutes / 60);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** Format an age in whole seconds, at least one: for ages that tick. */
export function formatAge(seconds: number): string {
  const whole = Math.max(1, Math.floor(seconds));
  return whole < 60 ? `${whole} s` : formatDuration(whole);
}

/** Format a moment within a video: 0:04.20, 12:30.00, 1:02:03.50. */
export function formatTimecode(seconds: number): string {
  const hundredths = Math.round(seconds * 100);
  return `${formatSecond(hundredths / 100)}.${two(hundredths % 100)}`;
}

/** Format the second that a moment is in: 0:04, 12:30, 1:02:03. */
export function formatSecond(seconds: number): string {
  const total = Math.floor(seconds);
  const minutes = Math.floor(total / 60);
  const head = minutes >= 60 ? `${Math.floor(minutes / 60)}:${two(minutes % 60)}` : minutes;
  return `${head}:${two(total % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Format hours and minutes: 08:15. */
export function formatMinute(time: Date): string {
  return `${two(time.getHours())}:${two(time.getMinutes())}`;
}

/** Format the clock with seconds: 08:15:03. */
export function formatClock(time: Date): string {
  return `${formatMinute(time)}:${two(time.getSeconds())}`;
}

/** Format the day without the year: 30 Nov. */
export function formatDay(time: Date): string {
  return `${time.getDate()} ${MONTHS[time.getMonth()]}`;
}

/** Format the day in UTC: 30 Nov. */
export function formatUtcDay(time: Date): string {
  return `${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]}`;
}

/** Format day, hours and minutes: 30 Nov, 08:15. */
export function formatDayAndMinute(time: Date): string {
  return `${formatDay(time)}, ${formatMinute(time)}`;
}

/** Format the clock for today's times, day, hours and minutes for others. */
export function formatMoment(time: Date, now: Date): string {
  return time.toDateString() === now.toDateString() ? formatClock(time) : formatDayAndMinute(time);
}

/** Format all of a time: 30 Nov 2026, 08:15:03. */
export function formatFull(time: Date): string {
  return `${formatDay(time)} ${time.getFullYear()}, ${formatClock(time)}`;
}

export function formatPercent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function formatPosition(positionPct: number): string {
  return `${Number(positionPct.toFixed(2))} %`;
}
