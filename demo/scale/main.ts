import { howToInstall } from './programs.js';
import { Scale } from './scale.js';

const needed = howToInstall('nginx');
const wanted = howToInstall('nginx', 'redis-server');
if (needed) {
  console.error(`Something is missing. Install it as root, then try again:\n  ${wanted}`);
  process.exitCode = 1;
} else {
  if (wanted)
    console.log(`No Redis here: the log is in memory and will be lost with this process.\n  ${wanted}\n`);
  const scale = new Scale({
    port: Number(process.argv[2] ?? 8001),
    servers: 3,
    hasRedis: !wanted,
    interval: 500,
    restartDelay: 3000,
    reconnectionTime: 1000,
  });
  // SIGHUP comes when the terminal is closed, and nginx and Redis do not end by it.
  let isEnding = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, async () => {
      isEnding = true;
      await scale.close();
      process.exit();
    });
  }
  try {
    await scale.start();
    console.log(`Three servers behind nginx: ${scale.url}/scale/
By hand: curl -Ni ${scale.url}/events
Ctrl-C ends it.`);
  } catch (error) {
    // What it waited for may have ended first.
    if (!isEnding) throw error;
  }
}
