/**
 * Counts what came, and by the IDs what did not. These are `run-number`, with numbers that have no gaps; a restarted
 * server begins another run.
 */
export class Tally {
  received = 0;
  lost = 0;
  doubled = 0;
  #run;
  #last;

  count(id) {
    const [run, number] = id.split('-');
    const expected = run === this.#run ? this.#last + 1 : Number(number);
    this.received++;
    this.lost += Math.max(0, number - expected);
    if (number < expected) this.doubled++;
    this.#run = run;
    this.#last = Math.max(number, expected - 1);
  }
}
