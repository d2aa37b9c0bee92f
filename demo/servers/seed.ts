import cors from 'cors';
import express, { type Router } from 'express';
import { Site } from './site.js';

/** A server on its own port, and so with another origin than the pages, that any origin may read. */
export function makeSeedSite(home: string, router: Router): Site {
  const app = express().disable('x-powered-by').use(cors()).use(router);
  app.get('/', (_request, response) => void response.send(home));
  return new Site(app);
}
