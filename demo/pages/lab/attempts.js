import { make, prepend, seconds, setText, time } from '/elements.js';

/** A list of every attempt to connect, its outcome and the wait after it. */
export class Attempts {
  count = 0;
  /** The one under way, otherwise the last one. */
  current;
  /** Failures in a row before the current attempt. */
  #failed = 0;
  #list;

  constructor(list) {
    this.#list = list;
  }

  /** Failures in a row, if the current attempt has just ended. */
  get failures() {
    const { events, comments } = this.current;
    return events || comments ? 0 : this.#failed + 1;
  }

  /** Called with what the `headers` function gets. */
  begin({ lastEventId, failures, error }) {
    this.#failed = failures;
    // After a 401 the next attempt follows immediately, without an `error` event.
    if (!this.current?.endedAt) this.current?.end({ error, reconnectIn: 0 });
    this.current?.follow();
    this.current = new Attempt(++this.count);
    this.current.note(lastEventId ? `resumes after ${lastEventId}` : 'no last event ID yet');
    if (failures) this.current.note(`${failures} failed before`);
    prepend(this.#list, this.current.item);
    return this.current;
  }
}

class Attempt {
  item = make('li', '');
  events = 0;
  comments = 0;
  endedAt;
  /** The wait after it, in milliseconds; `undefined` when nothing follows. */
  reconnectIn;
  #openedAt;
  #error;
  #followedAt;
  #isCutShort = false;
  #why = '';
  #details = make('span', 'details');
  #badge = make('span', 'badge');
  #result = make('p', 'result');
  #wait = make('p', 'wait');

  constructor(number) {
    const head = make('p', 'head', make('b', '', `#${number}`), make('span', 'time', time(Date.now())));
    head.append(this.#details, this.#badge);
    this.item.append(head, this.#result, this.#wait);
    this.render();
  }

  /** Adds what is known before it connects. */
  note(text) {
    this.#details.append(this.#details.textContent && ' · ', text);
  }

  open() {
    this.#openedAt = Date.now();
    this.render();
  }

  /** Called with an `error` event, and with the reason for the wait. */
  end({ error, reconnectIn }, why = '') {
    // A second end means that reconnect() ended the wait.
    this.#isCutShort = this.endedAt !== undefined;
    if (!this.#isCutShort) {
      this.endedAt = Date.now();
      this.#error = error;
      this.reconnectIn = reconnectIn;
      this.#why = why;
    }
    this.render();
  }

  /** Called after close(), which fires no event. */
  close() {
    this.endedAt ??= Date.now();
    this.reconnectIn = undefined;
    this.render();
  }

  /** Another attempt begins. */
  follow() {
    this.#followedAt = Date.now();
    this.render();
  }

  /** Milliseconds until the next attempt; `undefined` when this one is under way or nothing follows. */
  get untilNext() {
    if (this.reconnectIn === undefined || this.#followedAt) return undefined;
    return Math.max(0, this.endedAt + this.reconnectIn - Date.now());
  }

  /** Shows the current state. */
  render() {
    const { code = 'close()', status, message, cause } = this.#error ?? {};
    const state = this.endedAt ? `${status ?? code}` : this.#openedAt ? 'open' : 'connecting';
    this.item.dataset.state = state;
    setText(this.#badge, state);
    setText(this.#result, [this.#duration, message, cause?.message].filter(Boolean).join(' · '));
    setText(this.#wait, this.#waited);
  }

  get #duration() {
    if (!this.#openedAt) return '';
    return `open for ${seconds((this.endedAt ?? Date.now()) - this.#openedAt)} · ${this.events} ${this.events === 1 ? 'event' : 'events'}`;
  }

  get #waited() {
    if (!this.endedAt) return '';
    if (this.untilNext !== undefined)
      return `next attempt in ${seconds(this.untilNext)} · waits ${this.#why}`;
    if (!this.#followedAt || this.reconnectIn === undefined) return 'no further attempt';
    if (this.#isCutShort)
      return `waited ${seconds(this.#followedAt - this.endedAt)}, cut short by reconnect()`;
    return this.reconnectIn ? `waited ${this.#why}` : 'next attempt immediately';
  }
}
