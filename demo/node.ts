import { type EventSourceMessageEvent, FetchEventSource } from 'eventsource-fetch';

const url = process.argv[2] ?? 'http://localhost:8000';
const fetchToken = async () => (await (await fetch(`${url}/lab/token`, { method: 'POST' })).json()).token;
let token: string | undefined;
const source = new FetchEventSource(`${url}/lab/feed`, {
  // Called for every attempt, and again right after a 401.
  headers: async ({ error }) => {
    if (!token || error?.status === 401) token = await fetchToken();
    return { Authorization: `Bearer ${token}` };
  },
});
const log = ({ lastEventId, type, data }: EventSourceMessageEvent) => console.log(lastEventId, type, data);
source.addEventListener('message', log);
source.addEventListener('signup', log);
source.onerror = ({ message, reconnectIn }) => {
  console.log(message, reconnectIn === undefined ? '- giving up' : `- next attempt in ${reconnectIn} ms`);
  if (!token) console.log(`Nothing to read from at ${url}: start the demo first: npm run demo`);
};
