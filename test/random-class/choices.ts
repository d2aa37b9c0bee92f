import { createRandom } from '../random.js';

/**
 * Random choices that can be repeated. 0 always stands for the plainest choice, so a sequence becomes simpler when
 * numbers are replaced by 0, and ends when there are no more.
 */
export class Choices {
  /** What has been drawn so far. */
  readonly drawn: number[] = [];
  readonly #draw: () => number;

  constructor(draw: () => number) {
    this.#draw = draw;
  }

  static fromSeed(seed: number): Choices {
    return new Choices(createRandom(Math.imul(seed + 1, 0x9e3779b1)));
  }

  static repeat(numbers: readonly number[]): Choices {
    let position = 0;
    return new Choices(() => numbers[position++] ?? 0);
  }

  /** From 0 to less than 1. */
  number(): number {
    const number = this.#draw();
    this.drawn.push(number);
    return number;
  }

  chance(probability: number): boolean {
    return this.number() > 1 - probability;
  }

  below(limit: number): number {
    return Math.floor(this.number() * limit);
  }

  /** The first is the plainest. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

/** In milliseconds: long enough for most, and a sequence that is not the shortest helps, too. */
const SHRINKING_TIME = 15_000;

/** Drops and zeroes numbers for as long as the sequence that they stand for still fails. */
export async function shrink(
  numbers: readonly number[],
  fails: (numbers: readonly number[]) => Promise<boolean>,
): Promise<readonly number[]> {
  let best = numbers;
  const end = Date.now() + SHRINKING_TIME;
  const attempt = async (candidate: readonly number[]) => {
    if (Date.now() > end || !(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let before = -1; before !== score(best); ) {
    before = score(best);
    for (let size = 2 ** Math.floor(Math.log2(best.length || 1)); size >= 1; size /= 2) {
      for (let end = best.length; end > 0; end -= size) {
        const start = Math.max(0, end - size);
        const [head, block, tail] = [best.slice(0, start), best.slice(start, end), best.slice(end)];
        if (await attempt([...head, ...tail])) continue;
        if (block.some((number) => number)) await attempt([...head, ...block.map(() => 0), ...tail]);
      }
    }
  }
  return best;
}

/** Smaller is simpler. */
const score = (numbers: readonly number[]) => numbers.length + numbers.filter((number) => number).length;
