import { useEffect, useMemo, useReducer, useState } from 'react';
import { Feed } from './feed.jsx';
import { empty, reduce } from './news.js';
import { Ticker } from './ticker.jsx';
import { useEventSource } from './use-event-source.js';

/** What the user follows, as it arrives. */
export function Home({ session, logOut }) {
  const [news, dispatch] = useReducer(reduce, empty);
  const client = useMemo(() => Math.random().toString(36).slice(2), []);
  const init = useMemo(() => ({ headers: session.authorize }), [session]);
  const take = ({ type, data, lastEventId }) => dispatch({ type, id: lastEventId, ...JSON.parse(data) });
  const state = useEventSource(`/live/stream?client=${client}`, init, { post: take, quote: take });
  return (
    <>
      <section className="card wide account" data-client={client} data-count={news.count}>
        <h2>{session.user}</h2>
        <span className="badge" data-state={state} role="status">
          {state}
        </span>
        <Token session={session} />
        <button type="button" onClick={logOut}>
          Log out
        </button>
      </section>
      <Feed posts={news.posts} />
      <Ticker stocks={news.stocks} count={news.count} />
    </>
  );
}

/** The token's number, and how long it is valid. */
function Token({ session }) {
  const [, render] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => render((count) => count + 1), 250);
    return () => clearInterval(timer);
  }, []);
  return (
    <span className="token" data-tokens={session.tokens}>
      {session.tokens ? `token no. ${session.tokens}, good for ${session.remaining} s` : 'no token yet'}
    </span>
  );
}
