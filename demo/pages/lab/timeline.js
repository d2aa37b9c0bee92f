import { make } from '/elements.js';

const PIXELS_PER_SECOND = 24;
/** Time between marks on the axis. */
const MARK_SECONDS = 5;
/** How much of the past is kept, in seconds. */
const KEPT_SECONDS = 300;
/** Room on the right for the latest notes, in pixels, and the largest share of the width that it may take. */
const MARGIN = 250;
const MARGIN_SHARE = 0.4;
/** The width of a note, in pixels, and in how many rows notes avoid each other. */
const NOTE_WIDTH = 240;
const NOTE_ROWS = 3;

/** Draws what happens to streams, as it happens. Time runs to the right. */
export class Timeline {
  #element;
  #canvas = make('div', 'canvas');
  #axis = make('div', 'axis');
  #tracks = [];
  #start = performance.now();
  /** Whether to scroll along: not while a reader has scrolled back. */
  #follows = true;
  #marks = 0;

  constructor(element) {
    this.#element = element;
    this.#canvas.append(this.#axis);
    element.append(this.#canvas);
    element.addEventListener('scroll', () => {
      this.#follows = element.scrollLeft + element.clientWidth > element.scrollWidth - this.#margin;
    });
    setInterval(() => this.#draw(), 100);
  }

  addTrack(name) {
    const track = new Track(name, () => this.#now);
    this.#tracks.push(track);
    this.#canvas.append(track.element);
    return track;
  }

  /** The present, in pixels. */
  get #now() {
    return ((performance.now() - this.#start) / 1000) * PIXELS_PER_SECOND;
  }

  get #margin() {
    return Math.min(MARGIN, this.#element.clientWidth * MARGIN_SHARE);
  }

  #draw() {
    const now = this.#now;
    for (; this.#marks * MARK_SECONDS * PIXELS_PER_SECOND < now + this.#margin; this.#marks++) this.#mark();
    for (const track of this.#tracks) track.draw(now);
    this.#canvas.style.width = `${now + this.#margin}px`;
    if (this.#follows) this.#element.scrollLeft = this.#element.scrollWidth;
    forget(this.#axis, now);
  }

  #mark() {
    const at = this.#marks * MARK_SECONDS;
    const label = `${Math.floor(at / 60)}:${String(at % 60).padStart(2, '0')}`;
    place(this.#axis, make('span', 'mark', label), at * PIXELS_PER_SECOND);
  }
}

/** One stream: connections as bars, events as ticks, waits as gaps. */
class Track {
  element = make('div', 'track');
  #lane = make('div', 'lane');
  #notes = make('div', 'notes');
  #now;
  #span;
  #planned;
  #ends = Array(NOTE_ROWS).fill(Number.NEGATIVE_INFINITY);

  constructor(name, now) {
    this.#now = now;
    this.element.append(make('div', 'name', name), this.#lane, this.#notes);
  }

  /**
   * Starts a state.
   * @param expected - how long it will take, in milliseconds, if known.
   */
  begin(state, expected) {
    const now = this.#now();
    this.draw(now);
    this.element.dataset.state = state;
    this.#planned?.remove();
    this.#span = place(this.#lane, make('span', `span ${state}`), now);
    this.#planned = expected && place(this.#lane, make('span', 'planned'), now);
    if (expected) this.#planned.style.width = `${(expected / 1000) * PIXELS_PER_SECOND}px`;
  }

  tick(type) {
    place(this.#lane, make('span', `tick ${type}`), this.#now());
  }

  /** Adds a note about the present, where it covers nothing else. */
  note(what, detail = '') {
    const now = this.#now();
    const free = this.#ends.findIndex((end) => end <= now);
    const row = free < 0 ? this.#ends.indexOf(Math.min(...this.#ends)) : free;
    this.#ends[row] = now + NOTE_WIDTH;
    const note = place(this.#notes, make('p', 'note', make('b', '', what), make('span', '', detail)), now);
    note.style.setProperty('--row', row);
  }

  draw(now) {
    if (this.#span) this.#span.style.width = `${now - this.#span.offset}px`;
    forget(this.#lane, now);
    forget(this.#notes, now);
  }
}

function place(parent, child, offset) {
  child.style.left = `${offset}px`;
  child.offset = offset;
  parent.append(child);
  return child;
}

/** Removes what is too old. The page may stay open for days. */
function forget(parent, now) {
  const oldest = now - KEPT_SECONDS * PIXELS_PER_SECOND;
  while (parent.firstChild?.offset < oldest) parent.firstChild.remove();
}
