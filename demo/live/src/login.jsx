import { useState } from 'react';
import { logIn } from './session.js';

/** Asks for user and password. */
export function Login({ onSession }) {
  const [problem, setProblem] = useState('');
  const submit = async (event) => {
    event.preventDefault();
    const { user, password } = Object.fromEntries(new FormData(event.target));
    try {
      onSession(await logIn(user, password));
    } catch ({ message }) {
      setProblem(message);
    }
  };
  return (
    <section className="card login" aria-labelledby="login-title">
      <h2 id="login-title">Log in</h2>
      <form onSubmit={submit}>
        <label htmlFor="user">User</label>
        <input id="user" name="user" autoComplete="username" defaultValue="gardener" required />
        <label htmlFor="password">Password</label>
        <input id="password" name="password" type="password" autoComplete="current-password" required />
        <button type="submit" className="main">
          Log in
        </button>
      </form>
      <p role="alert">{problem}</p>
      <p className="muted">
        <code>gardener</code> and <code>sailor</code> follow different things. The password of both is{' '}
        <code>demo</code>.
      </p>
    </section>
  );
}
