import { isHidden, listen, untilShown } from './page.js';

/** When a connection is let go, and what all connections of one helper know. */
export interface Patience {
  /** In milliseconds. */
  readonly hiddenFor: number;
  /** In milliseconds. */
  readonly silentFor: number;
  /** Since when the page has been hidden; 0 if it is not. Attempts that follow each other go on counting. */
  hiddenSince: number;
}

/** What goes on at one connection. */
export interface Watch {
  /** Something is awaited from now on. A reader that does not ask is no silence. */
  wait(): void;
  /** Something has come. If it is nothing, no more will come. */
  hear(something: unknown): void;
  stop(): void;
}

/** In milliseconds: how soon a gap in the clock is noticed, at the latest. */
const TICK = 1000;

/** What the class waits for in place of its own wait. */
const letGo = (why: string, until: Promise<void>) => Object.assign(new Error(why), { until });

/** Why not to be connected now, or `undefined`. */
export function findObjection(patience: Patience): Error | undefined {
  if (!isHidden()) return undefined;
  if (!patience.hiddenSince) {
    patience.hiddenSince = Date.now();
    untilShown().then(() => {
      patience.hiddenSince = 0;
    });
  }
  return Date.now() - patience.hiddenSince < patience.hiddenFor ? undefined : letGo('Hidden', untilShown());
}

/** Knows for how long nothing has come. */
function createSilence({ silentFor }: Patience, end: (error: Error) => void) {
  /** Since when something has been awaited; `Infinity` if nothing is. */
  let since = Date.now();
  const set = (time: number) => {
    since = time;
  };
  /** Ends a silent connection, unless the next turns bring what has arrived in the meantime. */
  const check = (turns: number) => {
    if (Date.now() - since <= silentFor) return;
    if (turns) setTimeout(check, 0, turns - 1);
    else end(letGo('Silent', Promise.resolve()));
  };
  return { set, check };
}

/** Watches over a connection. By the clock of the day, because others may stand still while the machine sleeps. */
export function watch(patience: Patience, end: (error: Error) => void): Watch {
  let ticked = Date.now();
  const { set, check } = createSilence(patience, end);
  const look = (event?: Event & { persisted?: boolean }) => {
    const gap = Date.now() - ticked - TICK;
    ticked += gap + TICK;
    const objection = findObjection(patience);
    if (objection) end(objection);
    // https://github.com/whatwg/html/pull/12381
    else if (event?.type === 'pagehide') event.persisted && end(letGo('Hidden', untilShown()));
    // The timers of hidden pages have gaps without any sleep.
    else if (!isHidden() && (event || gap > patience.silentFor)) check(2);
  };
  const ticker = setInterval(() => look(), TICK);
  const leave = listen(look);
  const stop = () => {
    clearInterval(ticker);
    leave();
    set(Number.POSITIVE_INFINITY);
  };
  const wait = () => set(Date.now());
  const hear = (something: unknown) => (something ? set(Number.POSITIVE_INFINITY) : stop());
  return { wait, hear, stop };
}
