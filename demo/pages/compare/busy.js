/**
 * How busy the main thread is. Browsers do not say how much of the CPU a page uses. But a task that always posts itself
 * again runs less often when there is other work.
 */
export class BusyMeter {
  #channel = new MessageChannel();
  #turns = 0;
  #since = performance.now();
  /** Turns per millisecond with nothing else to do. */
  #idle = 0;

  constructor() {
    this.#channel.port1.onmessage = () => {
      this.#turns++;
      this.#channel.port2.postMessage(null);
    };
    this.#channel.port2.postMessage(null);
  }

  /** Measures how often the task runs when nothing else does. */
  async calibrate(milliseconds) {
    this.#read();
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    this.#idle = this.#read();
  }

  /** The busy share since the last call, in per cent. */
  read = () => {
    const turns = this.#read();
    this.#idle = Math.max(this.#idle, turns);
    return 100 * (1 - turns / this.#idle);
  };

  close() {
    this.#channel.port1.close();
  }

  #read() {
    const rate = this.#turns / (performance.now() - this.#since);
    this.#turns = 0;
    this.#since = performance.now();
    return rate;
  }
}
