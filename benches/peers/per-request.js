// Deno with a new worker for each request, made of a blob URL, with permissions of its own, and ended when it has
// answered: the model of InsForge's runtime. What that does beside it is left out: two connections to PostgreSQL, the
// secrets' decryption, and the import of the SDK in every worker. `deno run per-request.js FOLDER`
import { readFunctions, serve, slugOf } from './functions.js';

const TIMEOUT_MS = 60_000;
const PERMISSIONS = {
  env: false,
  net: true,
  read: false,
  write: false,
  run: false,
  ffi: false,
  sys: false,
  import: false,
};

const functions = await readFunctions(Deno.args[0]);
const template = await Deno.readTextFile(new URL('./worker.js', import.meta.url));

/** The first message of a worker that is asked for `request`. */
function ask(worker, code, request) {
  const { promise, resolve, reject } = Promise.withResolvers();
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error('Worker execution error'));
  };
  worker.postMessage({ code, request });
  return promise;
}

async function inWorker(code, request) {
  const { url, method } = request;
  const body = request.body ? await request.text() : null;
  const blob = URL.createObjectURL(new Blob([template], { type: 'application/javascript' }));
  const worker = new Worker(blob, { type: 'module', deno: { permissions: PERMISSIONS } });
  const timer = setTimeout(() => worker.terminate(), TIMEOUT_MS);
  try {
    const answer = await ask(worker, code, { url, method, headers: [...request.headers], body });
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  } catch (error) {
    return Response.json({ error: error.message }, { status: 500 });
  } finally {
    clearTimeout(timer);
    worker.terminate();
    URL.revokeObjectURL(blob);
  }
}

serve((request) => {
  const code = functions.get(slugOf(request.url));
  return code ? inWorker(code, request) : new Response('Not Found', { status: 404 });
});
