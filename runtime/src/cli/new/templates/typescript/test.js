import assert from 'node:assert/strict';
import test from 'node:test';
import handler from '../build/functions/{{name}}.js';

const answer = async (url) => (await handler(new Request(url), { waitUntil() {} })).json();

test('it greets by name, or the world', async () => {
  assert.deepEqual(await answer('http://localhost/{{name}}?name=you'), { message: 'Hello, you!' });
  assert.deepEqual(await answer('http://localhost/{{name}}'), { message: 'Hello, world!' });
});
