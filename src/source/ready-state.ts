/** https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource-readystate */
export type ReadyState = 0 | 1 | 2;

export const CONNECTING: 0 = 0;
export const OPEN: 1 = 1;
export const CLOSED: 2 = 2;
