import express from 'express';
import { Site } from '../servers/site.js';
import { openStream, readLastEventId } from '../servers/streams.js';
import { FanOut } from './fan-out.js';
import { MemoryLog } from './memory-log.js';
import { RedisLog } from './redis-log.js';

/** In milliseconds. */
const PING_INTERVAL = 5000;
const REPORT_INTERVAL = 250;

// One of several servers. Its arguments are its port and, if there is one, Redis.
const [name = '', port = '0', reconnectionTime = '1000', redis] = process.argv.slice(2);

const log = redis ? new RedisLog(redis) : new MemoryLog();
// Without Redis, the parent process has the log.
process.on('message', (entries: Parameters<MemoryLog['take']>[0][]) => {
  if (log instanceof MemoryLog) for (const entry of entries) log.take(entry);
});
// Do not outlive it.
process.on('disconnect', () => process.exit());

const fanOut = new FanOut(log);
const app = express().get('/events', (request, response) => {
  response.set('X-Server', name);
  openStream(response, Number(reconnectionTime));
  const ping = setInterval(() => response.write(': ping\n\n'), PING_INTERVAL);
  response.on('close', () => clearInterval(ping));
  return fanOut.join(response, readLastEventId(request));
});
const site = new Site(app);
await fanOut.start();
await site.listen(Number(port));
const report = () => {
  const { clients, sent } = fanOut;
  process.send?.({ clients, sent, memory: process.memoryUsage().rss });
};
report();
setInterval(report, REPORT_INTERVAL);
