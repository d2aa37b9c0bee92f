/**
 * Counts events that arrived and, by their IDs, those that did not. IDs are `run-number`, and the numbers have no
 * gaps. A new log of the server starts a new run.
 */
export class Tally {
  /** The server's own count, since the first event that arrived. */
  sent = 0;
  received = 0;
  lost = 0;
  doubled = 0;
  #run;
  #last = 0;
  /** Added to the server's count, which started before us. */
  #offset = 0;

  count(id) {
    const [run, digits] = id.split('-');
    const number = Number(digits);
    if (run !== this.#run) {
      this.#run = run;
      this.#last = number - 1;
      this.#offset = this.sent - this.#last;
    }
    const missed = number - this.#last - 1;
    this.received++;
    this.lost += Math.max(0, missed);
    if (missed < 0) this.doubled++;
    this.#last = Math.max(number, this.#last);
    this.setWritten(number);
  }

  /** Called with the number of an event that the server has written. */
  setWritten(number) {
    if (this.#run) this.sent = Math.max(this.sent, number + this.#offset);
  }
}
