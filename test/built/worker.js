// For Workers: a request whose body is the server's URL is answered with what came of the checks.
import { runChecks } from './checks.js';

export default {
  fetch: async (request) => Response.json(await runChecks(await request.text())),
};
