import { randomBytes } from 'node:crypto';

interface Life {
  readonly owner: string;
  readonly expiry: number;
}

/** Bearer tokens that live for seconds instead of an hour, so that you can watch them being refreshed. */
export class Tokens {
  readonly #lifetime: number;
  readonly #lives = new Map<string, Life>();

  /** @param lifetime - in milliseconds. */
  constructor(lifetime: number) {
    this.#lifetime = lifetime;
  }

  /** A new token, and in how many seconds it expires, as in OAuth. */
  issue(owner = ''): { token: string; expiresIn: number } {
    const now = Date.now();
    for (const [token, { expiry }] of this.#lives) if (expiry <= now) this.#lives.delete(token);
    const token = randomBytes(24).toString('base64url');
    this.#lives.set(token, { owner, expiry: now + this.#lifetime });
    return { token, expiresIn: this.#lifetime / 1000 };
  }

  /** For how many more milliseconds the token of an `Authorization` header is valid; 0 if it is not. */
  remaining(authorization: string | undefined): number {
    return Math.max(0, (this.#find(authorization)?.expiry ?? 0) - Date.now());
  }

  /** The user of the token in an `Authorization` header, if it is valid. */
  ownerOf(authorization: string | undefined): string | undefined {
    return this.remaining(authorization) ? this.#find(authorization)?.owner : undefined;
  }

  /** Makes all tokens invalid. */
  revokeAll(): void {
    this.#lives.clear();
  }

  #find(authorization: string | undefined): Life | undefined {
    return this.#lives.get(authorization?.replace(/^Bearer /i, '') ?? '');
  }
}
