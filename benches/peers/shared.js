// Deno with one isolate for all functions and all requests: no isolation. `deno run shared.js FOLDER`
import { readFunctions, serve, slugOf } from './functions.js';

const handlers = new Map();
for (const [slug, code] of await readFunctions(Deno.args[0])) {
  const module = { exports: {} };
  new Function('exports', 'module', code)(module.exports, module);
  handlers.set(slug, module.exports);
}

serve((request) => handlers.get(slugOf(request.url))?.(request) ?? new Response('Not Found', { status: 404 }));
