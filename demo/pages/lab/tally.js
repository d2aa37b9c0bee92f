/**
 * Counts what came, and by the IDs what did not. These are `run-number`, with numbers that have no gaps; another log
 * of the server begins another run.
 */
export class Tally {
  /** By the server's own count, since the first event that came. */
  sent = 0;
  received = 0;
  lost = 0;
  doubled = 0;
  #run;
  #last = 0;
  /** What is added to the server's count: it began before us. */
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

  /** Takes the number of an event that the server has written. */
  setWritten(number) {
    if (this.#run) this.sent = Math.max(this.sent, number + this.#offset);
  }
}
