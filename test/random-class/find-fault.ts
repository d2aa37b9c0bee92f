import { Choices, shrink } from './choices.js';
import { Driver } from './driver.js';
import { replace } from './fake-time.js';

/** What became of one sequence. */
interface Result {
  readonly faults: readonly string[];
  /** What happened. */
  readonly lines: readonly string[];
  readonly drawn: readonly number[];
}

/** Whom the platform's reports are about. */
let driver: Driver | undefined;

async function runSequence(choices: Choices): Promise<Result> {
  driver = new Driver(choices);
  await driver.run();
  const { faults, lines } = driver;
  return { faults, lines, drawn: choices.drawn };
}

/** Has the platform's reports of exceptions and rejections go to the witness, until the returned function is called. */
function interceptReports(): () => void {
  const { process, window } = globalThis as { process?: NodeJS.Process; window?: Window };
  const onReport = (exception: unknown) => driver?.onReport(exception);
  const restore = [replace(console, 'error', () => {})];
  for (const name of process?.rawListeners ? ['uncaughtException', 'unhandledRejection'] : []) {
    const listeners = process?.rawListeners(name) as (() => void)[];
    process?.removeAllListeners(name);
    process?.on(name, onReport);
    restore.push(() => {
      process?.removeAllListeners(name);
      for (const listener of listeners) process?.on(name, listener);
    });
  }
  const onEvent = (event: Event & { error?: unknown; reason?: unknown }) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    onReport(event.error ?? event.reason);
  };
  for (const type of ['error', 'unhandledrejection']) {
    window?.addEventListener(type, onEvent, true);
    restore.push(() => window?.removeEventListener(type, onEvent, true));
  }
  return () => {
    for (const one of restore) one();
  };
}

/** Runs the sequences of these seeds. Answers what is wrong with the first that fails, and the shortest like it. */
export async function findFault(firstSeed: number, count: number): Promise<string | undefined> {
  const restore = interceptReports();
  try {
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      const result = await runSequence(Choices.fromSeed(seed));
      if (result.faults.length) return await explain(seed, result);
    }
    return undefined;
  } finally {
    restore();
  }
}

async function explain(seed: number, { faults, drawn }: Result): Promise<string> {
  let shortest: Result | undefined;
  // Another fault would be another story.
  const kind = (fault: string | undefined) => fault?.replace(/[\d"].*/, '');
  await shrink(drawn, async (numbers) => {
    const result = await runSequence(Choices.repeat(numbers));
    const fails = kind(result.faults[0]) === kind(faults[0]);
    if (fails) shortest = result;
    return fails;
  });
  const { lines, faults: least } = shortest ?? { lines: ['(not repeatable)'], faults };
  return [`seed ${seed}: ${faults[0]}`, 'The shortest like it:', ...lines, `→ ${least[0]}`].join('\n');
}
