import { Tally } from './tally.js';

/** The browser's own EventSource with the same faults. It cannot send a token, so the server does not ask it for one. */
export class Native {
  tally = new Tally();
  #url;
  #track;
  #source;

  constructor(url, track) {
    this.#url = url;
    this.#track = track;
    this.open();
  }

  get isClosed() {
    return this.#source.readyState === EventSource.CLOSED;
  }

  open() {
    this.#source = new EventSource(this.#url);
    this.#track.begin('connecting');
    this.#source.onopen = () => this.#track.begin('open');
    this.#source.onmessage = (event) => this.#receive(event);
    this.#source.addEventListener('signup', (event) => this.#receive(event));
    this.#source.onerror = () => this.#end();
  }

  #receive({ type, lastEventId }) {
    this.tally.count(lastEventId);
    this.#track.tick(type);
  }

  #end() {
    this.#track.begin(this.isClosed ? 'closed' : 'waiting');
    if (this.isClosed) this.#track.note('Closed for good', 'without saying why');
    else this.#track.note('Interrupted', 'without saying why or for how long');
  }
}
