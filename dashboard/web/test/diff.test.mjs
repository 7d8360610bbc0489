import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diff, hunks } from '../src/logic/diff.js';

const signs = (entries) =>
  entries.map(({ kind, text, count }) => `${{ same: ' ', added: '+', removed: '-', gap: '@' }[kind]}${text ?? count}`);

test('a changed line is removed and added between those that stay', () => {
  assert.deepEqual(signs(diff('a\nb\nc\n', 'a\nx\nc\n')), [' a', '-b', '+x', ' c']);
});

test('lines are numbered on both sides', () => {
  const [, removed, added, last] = diff('a\nb\nc', 'a\nx\nc');
  assert.deepEqual(
    [removed.before, removed.after, added.before, added.after, last.before, last.after],
    [2, undefined, undefined, 2, 3, 3],
  );
});

test('a moved line is one removed and one added', () => {
  assert.deepEqual(signs(diff('1\n2\n3\n4', '2\n3\n4\n1')), ['-1', ' 2', ' 3', ' 4', '+1']);
});

test('the same text, and no text, have no changes', () => {
  assert.deepEqual(diff('', ''), []);
  assert.ok(diff('a\nb', 'a\nb\n').every(({ kind }) => kind === 'same'));
});

test('texts that are too long to compare are still told apart', () => {
  const long = (word) => Array.from({ length: 5000 }, (_, line) => `${word}${line}`).join('\n');
  const entries = diff(`head\n${long('a')}`, `head\n${long('b')}`);
  assert.equal(entries.length, 10_001);
  assert.equal(entries[0].kind, 'same');
});

test('lines far from every change become a gap', () => {
  const before = Array.from({ length: 20 }, (_, line) => `l${line}`);
  const after = before.with(10, 'new');
  assert.deepEqual(signs(hunks(diff(before.join('\n'), after.join('\n')), 1)), [
    '@9',
    ' l9',
    '-l10',
    '+new',
    ' l11',
    '@8',
  ]);
});
