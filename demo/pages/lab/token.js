/** The token in use, for all streams of the page, and what the page shows of it. */
export const token = { value: '', expiresAt: 0, fetched: 0 };

/**
 * The `headers` option of every source here. It is called for each attempt, and once more, at once, when the server
 * answers 401: then the token has expired.
 */
export async function authorize({ error, signal }) {
  if (!token.value || error?.status === 401) {
    const response = await fetch('/lab/token', { method: 'POST', signal });
    const { token: value, expiresIn } = await response.json();
    token.value = value;
    token.expiresAt = Date.now() + expiresIn * 1000;
    token.fetched++;
  }
  return { Authorization: `Bearer ${token.value}` };
}
