import { randomBytes } from 'node:crypto';

interface Life {
  readonly owner: string;
  readonly expiry: number;
}

/** Bearer tokens that live for seconds rather than an hour, so that one can watch them being refreshed. */
export class Tokens {
  readonly #lifetime: number;
  readonly #lives = new Map<string, Life>();

  /** @param lifetime - in milliseconds. */
  constructor(lifetime: number) {
    this.#lifetime = lifetime;
  }

  /** A new token, and in how many seconds it expires, as OAuth counts. */
  issue(owner = ''): { token: string; expiresIn: number } {
    const now = Date.now();
    for (const [token, { expiry }] of this.#lives) if (expiry <= now) this.#lives.delete(token);
    const token = randomBytes(24).toString('base64url');
    this.#lives.set(token, { owner, expiry: now + this.#lifetime });
    return { token, expiresIn: this.#lifetime / 1000 };
  }

  /** For how many milliseconds the token of an `Authorization` header is good; 0 if it is not. */
  remaining(authorization: string | undefined): number {
    return Math.max(0, (this.#find(authorization)?.expiry ?? 0) - Date.now());
  }

  /** Whose the token of an `Authorization` header is, if it is good. */
  ownerOf(authorization: string | undefined): string | undefined {
    return this.remaining(authorization) ? this.#find(authorization)?.owner : undefined;
  }

  /** From now on none of them is good. */
  revokeAll(): void {
    this.#lives.clear();
  }

  #find(authorization: string | undefined): Life | undefined {
    return this.#lives.get(authorization?.replace(/^Bearer /i, '') ?? '');
  }
}
