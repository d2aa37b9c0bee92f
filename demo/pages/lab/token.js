/** The token that all streams of the page use, and what the page shows of it. */
export const token = { value: '', expiresAt: 0, fetched: 0 };

/**
 * The `headers` option of every source here. It is called for each attempt, and again immediately when the server
 * answers 401, because the token has then expired.
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
