/** Transfer rate over the last few seconds. */

const WINDOW_MS = 4000;

export class RateMeter {
  private readings: { atMs: number; bytes: number }[] = [];

  /** Add a reading and return bytes per second; 0 until two readings are at least 200 ms apart. */
  read(bytes: number, atMs: number): number {
    const previous = this.readings.at(-1);
    // A retried part starts over: earlier readings no longer count.
    if (previous && bytes < previous.bytes) this.readings = [];
    this.readings.push({ atMs, bytes });
    while (this.readings.length > 2 && atMs - (this.readings[0]?.atMs ?? atMs) > WINDOW_MS) this.readings.shift();
    const first = this.readings[0];
    if (!first || atMs - first.atMs < 200) return 0;
    return ((bytes - first.bytes) * 1000) / (atMs - first.atMs);
  }
}
