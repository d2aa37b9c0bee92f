// For Workers: the body of a request is the server's URL, and the response has the results of the checks.
import { runChecks } from './checks.js';

export default {
  fetch: async (request) => Response.json(await runChecks(await request.text())),
};
