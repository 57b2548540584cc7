/** Bytes per second over the last few seconds, from how much had been sent when. */

const WINDOW_MS = 4000;

export class Speedometer {
  private readings: { atMs: number; bytes: number }[] = [];

  /** Takes a reading and tells the speed; 0 until there are two readings a moment apart. */
  read(bytes: number, atMs: number): number {
    const previous = this.readings.at(-1);
    // A retried part starts over: what was sent before says nothing of the speed now.
    if (previous && bytes < previous.bytes) this.readings = [];
    this.readings.push({ atMs, bytes });
    while (this.readings.length > 2 && atMs - (this.readings[0]?.atMs ?? atMs) > WINDOW_MS) this.readings.shift();
    const first = this.readings[0];
    if (!first || atMs - first.atMs < 200) return 0;
    return ((bytes - first.bytes) * 1000) / (atMs - first.atMs);
  }
}
