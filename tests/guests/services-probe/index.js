// Does what a test tells it: the body of an async function, in which every export of the module `wasmforge` is at hand.
import * as wasmforge from 'wasmforge';

const AsyncFunction = (async () => {}).constructor;
const { default: _, ...exports } = wasmforge;

export default async function (request) {
  const script = new URL(request.url).searchParams.get('do');
  if (script === 'exports') return Response.json(Object.keys(exports).sort());
  const work = new AsyncFunction('request', ...Object.keys(exports), script);
  const answer = await work(request, ...Object.values(exports));
  return answer instanceof Response ? answer : Response.json(shown(answer));
}

/** What JSON has no word for, in words of its own. */
function shown(value) {
  if (typeof value === 'bigint') return `${value}n`;
  if (value === undefined) return 'undefined';
  if (value instanceof Uint8Array) return `bytes ${Array.from(value)}`;
  if (value instanceof Date) return `Date ${value.toISOString()}`;
  if (Array.isArray(value)) return value.map(shown);
  if (value instanceof Error) return { name: value.name, code: value.code, status: value.status };
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shown(member)]));
}
