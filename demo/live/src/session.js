/** The key under which the session survives a reload. */
const KEY = 'live-session';

async function post(path, body, signal) {
  return fetch(`/live/${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
}

/** Logs in. What it throws has a message for the user. */
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

/** A user and the current access token. */
class Session {
  /** How many tokens there have been so far. */
  tokens = 0;
  /** Called when the server no longer knows the session, for instance after a restart. */
  onEnd;
  #token;
  #expiresAt = 0;

  constructor(user, session, answer) {
    this.user = user;
    this.session = session;
    if (answer) this.#accept(answer);
  }

  /** Seconds until the token expires. */
  get remaining() {
    return Math.max(0, Math.ceil((this.#expiresAt - Date.now()) / 1000));
  }

  /** The `headers` option: called for each attempt, and again right after a 401. */
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
