// Separate processes: the effect of one client on the engine's optimizer must not show up in another's figures.
import { fork, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Whether a process can be pinned to a CPU. One of two may be half as fast as the other for minutes. */
const canHold = availableParallelism() > 1 && spawnSync('taskset', ['-c', '0,1', 'true']).status === 0;

/** The clients to compare share a CPU, in turns. Their server has another. */
const CLIENTS = 0;
export const SERVER = 1;

/** Starts `file` in a process that answers calls, one at a time. */
export function startWorker(file, args, execArgv = [], processor = CLIENTS) {
  const held = { execPath: 'taskset', execArgv: ['-c', `${processor}`, process.execPath, ...execArgv] };
  const child = fork(file, ['--worker', ...args], {
    ...(canHold ? held : { execArgv }),
    serialization: 'advanced',
  });
  let settle;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.on('message', (answer) => settle?.(answer));
  exited.then(() => settle?.({ error: 'the process ended' }));

  return {
    /** Rejects with the error of the process, or after a while without an answer. */
    call(request, milliseconds = 120_000) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => settle({ error: `no answer in ${milliseconds / 1000} s` }),
          milliseconds,
        );
        settle = ({ error, value }) => {
          settle = undefined;
          clearTimeout(timer);
          if (error) reject(new Error(`${args.join(' ')}: ${error}`));
          else resolve(value);
        };
        child.send(request, (error) => error && settle?.({ error: error.message }));
      });
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The arguments, if this process was started by `startWorker`. */
export const workerArgs = process.argv[2] === '--worker' ? process.argv.slice(3) : undefined;

/** Answers the calls of the parent process. */
export function answerCalls(answer) {
  process.on('message', async (request) => {
    try {
      process.send({ value: await answer(request) });
    } catch (error) {
      process.send({ error: error?.stack ?? String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
}
