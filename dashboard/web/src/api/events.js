// Server-sent events over fetch: the browser's own EventSource can send no credential.

import { ApiError } from './error.js';
import { send, withQuery } from './client.js';
import { eventParser } from '../logic/sse.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Follows a stream until `signal` ends it, and comes back after every loss from where it was. `on.event({event, data})`,
 * `on.state('connecting' | 'live' | 'waiting')`, `on.refused(error)` for what trying again would not change. With
 * `lastId` it begins after that event.
 */
export async function follow(path, query, on, signal, lastId) {
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    on.state('connecting');
    try {
      const headers = { accept: 'text/event-stream', ...(lastId ? { 'last-event-id': lastId } : {}) };
      const response = await send('GET', withQuery(path, query), { headers, signal });
      if (!response.ok) {
        throw ApiError.of(response.status, await response.text());
      }
      on.state('live');
      pause = FIRST_PAUSE_MS;
      await read(response.body, signal, (event) => {
        lastId = event.id ?? lastId;
        on.event(event);
      });
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      if (error.status >= 400 && error.status < 500 && error.status !== 429) {
        on.refused(error);
        return;
      }
    }
    on.state('waiting');
    await delay(pause, signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

async function read(body, signal, each) {
  const parse = eventParser(each);
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done || signal.aborted) {
      return;
    }
    parse(value);
  }
}

function delay(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
