import { Router } from 'express';
import { readLastEventId, Streams } from './streams.js';

/** `/event-stream`: numbered greetings, each with all the fields that an event can have. */
export function makeGreeting(interval: number): Router {
  const streams = new Streams();
  return Router()
    .get('/event-stream', (request, response) => {
      const send = streams.open(request, response);
      let id = Number(readLastEventId(request)) || 0;
      const greet = () => send({ id: String(++id), type: 'message', data: 'Hello, world!' });
      greet();
      const timer = setInterval(greet, interval);
      response.on('close', () => clearInterval(timer));
    })
    .get('/event-stream/stats', (_request, response) => void response.json(streams.stats));
}
