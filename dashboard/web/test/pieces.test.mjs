import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../src/api/error.js';
import { isText, pretty, target } from '../src/logic/answer.js';
import { place } from '../src/logic/place.js';
import { Ring } from '../src/logic/ring.js';
import { match } from '../src/logic/routes.js';
import { TEMPLATES, slugOf } from '../src/logic/templates.js';

test('a compile error leads to its line', () => {
  const message = 'Unexpected token (line 2, column 13)\n2 | const b = (2;\n  |             ^';
  assert.deepEqual(place(message), { line: 2, column: 13, summary: 'Unexpected token (line 2, column 13)' });
  assert.deepEqual(place('Cannot import "zod" (line 7)'), {
    line: 7,
    column: 1,
    summary: 'Cannot import "zod" (line 7)',
  });
  assert.equal(place('The module is too large'), null);
});

test('addresses lead to pages, the first that fits', () => {
  const routes = [
    ['/functions', 'list'],
    ['/functions/:slug', 'one'],
    ['/functions/:slug/:tab', 'tab'],
  ];
  assert.deepEqual(match(routes, '/functions/'), { page: 'list', params: {} });
  assert.deepEqual(match(routes, '/functions/a%20b'), { page: 'one', params: { slug: 'a b' } });
  assert.deepEqual(match(routes, '/functions/a/logs'), { page: 'tab', params: { slug: 'a', tab: 'logs' } });
  assert.equal(match(routes, '/functions/%zz'), null);
  assert.equal(match(routes, '/elsewhere'), null);
});

test('errors of the platform are read whatever their body is', () => {
  const known = ApiError.of(409, '{"error":"FUNCTION_CHANGED","message":"changed","nextActions":"read again"}');
  assert.deepEqual(
    [known.status, known.code, known.message, known.nextActions],
    [409, 'FUNCTION_CHANGED', 'changed', 'read again'],
  );
  const issues = ApiError.of(
    400,
    JSON.stringify({ error: 'INVALID_INPUT', message: '[{"path":["limits","wallMs"],"message":"not a number"}]' }),
  );
  assert.equal(issues.message, 'limits.wallMs: not a number');
  const proxy = ApiError.of(502, '<html>Bad gateway</html>');
  assert.deepEqual([proxy.code, proxy.message], ['HTTP_ERROR', 'The server answered 502']);
});

test('a request goes to the function whatever is typed for its query', () => {
  assert.equal(target('greet', ''), '/functions/greet');
  assert.equal(target('greet', ' ?a=1 '), '/functions/greet?a=1');
  assert.equal(target('greet', 'a=1'), '/functions/greet?a=1');
  assert.equal(target('a/b', '/../../api'), '/functions/a%2Fb?/../../api');
});

test('answers are shown as text where they are text', () => {
  for (const type of [
    null,
    'text/html; charset=utf-8',
    'application/json',
    'application/problem+json',
    'image/svg+xml',
  ]) {
    assert.ok(isText(type), type);
  }
  assert.ok(!isText('image/png'));
  assert.equal(pretty('{"a":1}', 'application/json; charset=utf-8'), '{\n  "a": 1\n}');
  assert.equal(pretty('{"a":', 'application/json'), '{"a":');
});

test('the log keeps the newest, each once', () => {
  const ring = new Ring(2);
  assert.deepEqual(
    [1, 1, 2, 3].map((id) => ring.add({ id })),
    [true, false, true, true],
  );
  assert.deepEqual(
    ring.entries.map(({ id }) => id),
    [2, 3],
  );
  ring.clear();
  assert.equal(ring.add({ id: 3 }), false);
});

test('names become slugs, and templates are JavaScript', () => {
  assert.equal(slugOf('  My first Function! '), 'my-first-function');
  for (const [, , code] of TEMPLATES) {
    assert.match(code, /export default/);
  }
});
