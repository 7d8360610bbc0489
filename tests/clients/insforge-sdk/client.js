// Drives InsForge's published SDK as a test says, and tells what came of it.
//
// Standard input is one JSON object:
//
//   config   what `createClient` is given
//   calls    what is asked of the client, one after the other. A call is a path from the client to a result: a string is
//            a property, an array is a method with its arguments. ["database", ["from", "notes"], ["select", "id"]] is
//            client.database.from('notes').select('id')
//   abort    aborts every request: after so many milliseconds, or, where it is 'head', when its answer's head is there
//
// Standard output is a JSON array with one object per call: `result`, what it resolved to, or `thrown`, and `requests`,
// what went over the network for it.

import { createClient } from '@insforge/sdk';
import { text } from 'node:stream/consumers';

const { config, calls, abort } = JSON.parse(await text(process.stdin));

let requests = [];

/** The platform's fetch, which notes what it is asked for. */
async function recordingFetch(url, init = {}) {
  const headers = Object.fromEntries(new Headers(init.headers));
  const request = { method: init.method ?? 'GET', url: String(url), headers };
  requests.push(request);
  const controller = new AbortController();
  const signals = [controller.signal, ...(init.signal ? [init.signal] : [])];
  const timer = typeof abort === 'number' ? setTimeout(() => controller.abort(), abort) : undefined;
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
    request.status = response.status;
    if (abort === 'head') {
      controller.abort();
    }
    return response;
  } finally {
    clearTimeout(timer);
  }
}

/** Errors as data: JSON knows only their own enumerable properties. */
function shown(_key, value) {
  if (!(value instanceof Error)) {
    return value;
  }
  const { name, message } = value;
  return { name, message, ...value };
}

/** Follows a call's path. Methods keep the object that they are found on. */
async function outcome(client, path) {
  requests = [];
  try {
    let at = client;
    for (const step of path) {
      at = Array.isArray(step) ? at[step[0]](...step.slice(1)) : at[step];
    }
    return { result: await at, requests };
  } catch (thrown) {
    return { thrown, requests };
  }
}

const client = createClient({ ...config, fetch: recordingFetch });
const outcomes = [];
for (const path of calls) {
  outcomes.push(await outcome(client, path));
}
process.stdout.write(JSON.stringify(outcomes, shown));
