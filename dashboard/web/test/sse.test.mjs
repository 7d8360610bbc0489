import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventParser } from '../src/logic/sse.js';

const STREAM = ': hello\n\nid: 7\nevent: line\ndata: {"a":1}\n\ndata: one\r\ndata: two\r\n\r\nevent: empty\n\n';

/** The events of a text that comes in pieces of so many characters. */
function events(text, size) {
  const found = [];
  const parse = eventParser((event) => found.push(event));
  for (let at = 0; at < text.length; at += size) {
    parse(text.slice(at, at + size));
  }
  return found;
}

test('events are the same however the text is cut', () => {
  for (const size of [1, 2, 3, 7, 1000]) {
    assert.deepEqual(events(STREAM, size), [
      { event: 'line', data: '{"a":1}', id: '7' },
      { event: 'message', data: 'one\ntwo', id: undefined },
    ]);
  }
});

test('a heartbeat is no event, and an event that has not ended is none yet', () => {
  assert.deepEqual(events(': ping\n\ndata: half\n', 1000), []);
});
