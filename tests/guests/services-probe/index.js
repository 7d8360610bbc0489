// Does with the module `wasmforge` what a test tells it: the body of an async function, in which every export is at hand.
import * as wasmforge from 'wasmforge';

const AsyncFunction = (async () => {}).constructor;
const names = Object.keys(wasmforge);

export default async function (request, ctx) {
  const work = new AsyncFunction(...names, 'request', 'ctx', decodeURIComponent(new URL(request.url).searchParams.get('do')));
  const answer = await work(...Object.values(wasmforge), request, ctx);
  return answer instanceof Response ? answer : Response.json(answer ?? null);
}
