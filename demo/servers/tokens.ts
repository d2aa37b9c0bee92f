import { randomBytes } from 'node:crypto';

/** Bearer tokens that live for seconds rather than an hour, so that one can watch them being refreshed. */
export class Tokens {
  readonly #lifetime: number;
  readonly #expiries = new Map<string, number>();

  /** @param lifetime - in milliseconds. */
  constructor(lifetime: number) {
    this.#lifetime = lifetime;
  }

  /** A new token, and in how many seconds it expires, as OAuth counts. */
  issue(): { token: string; expiresIn: number } {
    const now = Date.now();
    for (const [token, expiry] of this.#expiries) if (expiry <= now) this.#expiries.delete(token);
    const token = randomBytes(24).toString('base64url');
    this.#expiries.set(token, now + this.#lifetime);
    return { token, expiresIn: this.#lifetime / 1000 };
  }

  /** For how many milliseconds the token of an `Authorization` header is good; 0 if it is not. */
  remaining(authorization: string | undefined): number {
    const expiry = this.#expiries.get(authorization?.replace(/^Bearer /i, '') ?? '') ?? 0;
    return Math.max(0, expiry - Date.now());
  }

  /** From now on none of them is good. */
  revokeAll(): void {
    this.#expiries.clear();
  }
}
