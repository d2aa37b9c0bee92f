/** Where the session stays when the page is reloaded. */
const KEY = 'live-session';

async function post(path, body, signal) {
  return fetch(`/live/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
}

/** Logs in. Throws what to tell the user. */
export async function logIn(user, password) {
  const response = await post('login', { user, password });
  const answer = await response.json();
  if (!response.ok) throw new Error(`Not logged in: ${answer.error}.`);
  const { session } = answer;
  sessionStorage.setItem(KEY, JSON.stringify({ user, session }));
  return new Session(user, session, answer);
}

export function restore() {
  const { user, session } = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
  return session && new Session(user, session);
}

export function forget({ session }) {
  sessionStorage.removeItem(KEY);
  post('logout', { session });
}

/** A user, and the access token of the moment. */
class Session {
  /** How many tokens there were so far. */
  tokens = 0;
  /** Called when the server knows it no more: it may have been restarted. */
  onEnd;
  #token;
  #expiresAt = 0;

  constructor(user, session, answer) {
    this.user = user;
    this.session = session;
    if (answer) this.#accept(answer);
  }

  /** In how many seconds the token expires. */
  get remaining() {
    return Math.max(0, Math.ceil((this.#expiresAt - Date.now()) / 1000));
  }

  /** The `headers` option: asked at each attempt, and again at once after a 401. */
  authorize = async ({ error, signal }) => {
    if (!this.#token || error?.status === 401) {
      const response = await post('token', { session: this.session }, signal);
      if (response.status === 401) {
        sessionStorage.removeItem(KEY);
        this.onEnd();
      }
      if (!response.ok) throw new Error('no token');
      this.#accept(await response.json());
    }
    return { Authorization: `Bearer ${this.#token}` };
  };

  #accept({ token, expiresIn }) {
    this.tokens++;
    this.#token = token;
    this.#expiresAt = Date.now() + expiresIn * 1000;
  }
}
