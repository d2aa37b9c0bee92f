import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';

/** Where messages go. */
export interface Sink {
  isOpen(): boolean;
  /** Whether there is room for more. */
  write(text: string): boolean;
  /** Settles when there is room again. */
  drained(): Promise<unknown>;
  /** Tells the client that this was all, and how many messages there were. */
  end(sent: number): void;
}

export interface Order {
  /** Messages per second; 0 means as many as possible. */
  readonly rate: number;
  /** In milliseconds. */
  readonly duration: number;
}

/** Filler that makes each message as large as a small update. */
const PADDING = 'x'.repeat(64);
/** How many messages are sent in one turn, so that others get theirs. */
const BATCH = 100;
/** In milliseconds: how often messages are sent when there is a rate. */
const PACE = 4;

/** Pours messages into a sink. Returns how many. */
export async function pour(sink: Sink, { rate, duration }: Order): Promise<number> {
  const start = performance.now();
  let sent = 0;
  for (;;) {
    const elapsed = performance.now() - start;
    if (elapsed >= duration || !sink.isOpen()) return sent;
    const due = rate ? Math.floor((elapsed / 1000) * rate) - sent : BATCH;
    let hasRoom = true;
    for (let i = 0; i < due; i++) {
      const at = performance.timeOrigin + performance.now();
      hasRoom = sink.write(JSON.stringify({ number: ++sent, at, padding: PADDING }));
    }
    if (!hasRoom) await sink.drained();
    await (rate ? sleep(PACE) : turn());
  }
}
