import type { Entry } from './message.js';

/** In milliseconds and characters: what is younger, or less, is not forgotten. */
const KEPT_TIME = 10_000;
const KEPT_SIZE = 2 ** 20;

interface Kept {
  readonly entry: Entry;
  readonly isOwn: boolean;
  readonly time: number;
}

/** The recent events of the group, as one of its members knows them. Their positions are the same in every member. */
export class Memory {
  #kept: Kept[] = [];
  #size = 0;
  /** How many events there had been before these, and the last event ID then. */
  #start = 0;
  #startId: string | undefined;

  /** How many events there have been. */
  get position(): number {
    return this.#start + this.#kept.length;
  }

  /** The last event ID. */
  get id(): string | undefined {
    return this.idAt(this.position);
  }

  /** Whether it reaches back to a position, and there were as many events. */
  has(position: number): boolean {
    return position >= this.#start && position <= this.position;
  }

  idAt(position: number): string | undefined {
    return position > this.#start ? this.#kept[position - this.#start - 1]?.entry[1] : this.#startId;
  }

  /** Forgets everything. */
  reset(position: number, id: string | undefined): void {
    this.#kept = [];
    this.#size = 0;
    this.#start = position;
    this.#startId = id;
  }

  /** Answers whether the event has an ID of its own. */
  add(entry: Entry, time: number): boolean {
    const isOwn = !!entry[1] && entry[1] !== this.id;
    this.#kept.push({ entry, isOwn, time });
    this.#size += entry[0].length;
    this.#forget(time);
    return isOwn;
  }

  /** The events after a position that it has. */
  after(position: number): Entry[] {
    return this.#kept.slice(position - this.#start).map(({ entry }) => entry);
  }

  /** Removes the events after a position and returns those with an ID of their own, which servers send again. */
  cut(position: number): Entry[] {
    const cut = this.#kept.splice(position - this.#start);
    for (const { entry } of cut) this.#size -= entry[0].length;
    return cut.filter(({ isOwn }) => isOwn).map(({ entry }) => entry);
  }

  /** The position behind the event that gave an ID, if it is that event; `undefined` if it is not there. */
  find(id: string | undefined, text?: string): number | undefined {
    if (!id) return undefined;
    for (let index = this.#kept.length; index--; ) {
      const { entry, isOwn } = this.#kept[index] as Kept;
      if (isOwn && entry[1] === id)
        return (text ?? entry[0]) === entry[0] ? this.#start + index + 1 : undefined;
    }
    return id === this.#startId ? this.#start : undefined;
  }

  /** Rarely, and then much at once, because to remove from the beginning takes time. */
  #forget(now: number): void {
    if (this.#size < 2 * KEPT_SIZE && now - (this.#kept[0] as Kept).time < 2 * KEPT_TIME) return;
    let count = 0;
    for (const { entry, time } of this.#kept) {
      if (this.#size <= KEPT_SIZE && now - time <= KEPT_TIME) break;
      this.#size -= entry[0].length;
      count++;
    }
    this.#startId = this.idAt(this.#start + count);
    this.#start += count;
    this.#kept.splice(0, count);
  }
}
