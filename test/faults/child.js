// Scenarios that need their own process, for its memory, its event loop or its exit. `runChild()` runs them.
import { readFileSync } from 'node:fs';
import { FetchEventSource } from 'eventsource-fetch';

const scenarios = { consume, burst, fail };

/** The most memory that this process has ever used, in MiB. */
function peak() {
  try {
    // resourceUsage() would start with the value of the parent process.
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}

/** Reads until the source fails or an event says `end`. */
function consume(url, init, wantsComments) {
  return new Promise((resolve) => {
    let events = 0;
    let longest = 0;
    let comments = 0;
    const onComment = () => {
      comments++;
    };
    const source = new FetchEventSource(url, { ...init, ...(wantsComments && { onComment }) });
    const finish = (code) => {
      resolve({ code, events, longest, comments, readyState: source.readyState, peak: peak() });
      source.close();
    };
    source.onmessage = ({ data }) => {
      if (data === 'end') return finish();
      events++;
      longest = Math.max(longest, data.length);
    };
    source.onerror = ({ error }) => finish(error.code);
  });
}

/** Gets very many events in one chunk, and measures how long the rest of the program has to wait. */
async function burst(count, stop, at) {
  const text = Array.from({ length: count }, (_, index) => `data:${index}\n\n`).join('');
  const chunk = new TextEncoder().encode(text);
  const body = new ReadableStream({ start: (controller) => controller.enqueue(chunk) });
  const response = new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
  // By the program's clock, each event takes 10 µs. So the speed of the machine does not matter.
  let events = 0;
  performance.now = () => events / 100;
  let stall = 0;
  let turn = 0;
  let isOver = false;
  const endTurn = () => {
    stall = Math.max(stall, performance.now() - turn);
    turn = performance.now();
  };
  const watch = () => {
    endTurn();
    if (!isOver) setImmediate(watch);
  };
  setImmediate(watch);
  const source = new FetchEventSource('http://localhost/', { fetch: async () => response });
  if (stop === 'by a timer') setTimeout(() => source.close(), at);
  let inOrder = true;
  await new Promise((resolve) => {
    source.onmessage = ({ data }) => {
      inOrder &&= Number(data) === events++;
      if (stop === 'in its listener' && events === at) source.close();
      if (events === count) resolve();
    };
    const look = setInterval(() => {
      if (source.readyState !== 2) return;
      clearInterval(look);
      resolve();
    }, 20);
    look.unref();
  });
  endTurn();
  // Anything that might still come would come now.
  await new Promise((resolve) => setTimeout(resolve));
  source.close();
  isOver = true;
  return { events, inOrder, stall };
}

/** Lets sources end at each of the URLs, and resolves with the codes. Nothing of this may be visible outside. */
async function fail(urls, init) {
  const codes = [];
  for (const url of urls) {
    const controller = new AbortController();
    const source = new FetchEventSource(url, { ...init, signal: controller.signal });
    await new Promise((resolve) => {
      source.onerror = ({ error }) => {
        codes.push(error.code);
        resolve();
      };
    });
    if (codes.length % 2) source.close();
    else controller.abort(new Error('enough'));
  }
  return codes;
}

const [scenario, args] = process.argv.slice(2);
console.log(JSON.stringify(await scenarios[scenario](...JSON.parse(args))));
