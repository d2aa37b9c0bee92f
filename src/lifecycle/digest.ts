import { isStream } from '../http/body.js';

/**
 * Tells one request from another, by method, URL and body. Not by a hash of the platform's: pages without TLS have none,
 * and nobody gains from two questions that look the same. What a stream holds is not known, so all streams look the same.
 */
export async function computeDigest(url: string, { method, body }: RequestInit): Promise<string> {
  const text = isStream(body) ? '' : await new Response(body).text();
  // The first line of a form is its boundary, another one each time.
  const parts = body instanceof FormData ? text.split(text.split('\r')[0] as string) : [text];
  let hash = 0;
  // FNV, with the next unit in place of a byte
  for (const unit of [method, url, ...parts].join('\n')) {
    hash = Math.imul(hash ^ (unit.codePointAt(0) as number), 0x01000193);
  }
  return `${hash} ${text.length}`;
}
