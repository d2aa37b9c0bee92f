import { FetchEventSource } from 'eventsource-fetch';
import { useEffect, useRef, useState } from 'react';

const STATES = ['CONNECTING', 'OPEN', 'CLOSED'];

/**
 * A stream that lives as long as the component.
 *
 * @param init - passed to the source; a new object makes a new connection.
 * @param on - what to do with the events of each type.
 */
export function useEventSource(url, init, on) {
  const [state, setState] = useState('CONNECTING');
  const listeners = useRef(on);
  listeners.current = on;
  useEffect(() => {
    const source = new FetchEventSource(url, init);
    const show = () => setState(STATES[source.readyState]);
    source.addEventListener('open', show);
    source.addEventListener('error', show);
    for (const type of Object.keys(listeners.current)) {
      source.addEventListener(type, (event) => listeners.current[type](event));
    }
    return () => source.close();
  }, [url, init]);
  return state;
}
