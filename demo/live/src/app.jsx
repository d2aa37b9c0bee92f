import { useState } from 'react';
import { Home } from './home.jsx';
import { Login } from './login.jsx';
import { forget, restore } from './session.js';

/** The login page, or the home page once a user has logged in. */
export function App() {
  const [session, setSession] = useState(restore);
  const logOut = () => {
    forget(session);
    setSession(undefined);
  };
  if (session) session.onEnd = () => setSession(undefined);
  return session ? <Home session={session} logOut={logOut} /> : <Login onSession={setSession} />;
}
