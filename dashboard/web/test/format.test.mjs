import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, count, micros, millis, percent, plural, relative, short } from '../src/logic/format.js';

test('durations have the unit that people would choose', () => {
  assert.equal(micros(87), '87 µs');
  assert.equal(micros(1250), '1.25 ms');
  assert.equal(micros(84_400), '84.4 ms');
  assert.equal(micros(3_400_000), '3.4 s');
  assert.equal(micros(125_000_000), '2 min 5 s');
  assert.equal(micros(4_211_000_000), '1 h 10 min');
  assert.equal(millis(0.5), '500 µs');
});

test('bytes are counted by 1024', () => {
  assert.equal(bytes(0), '0 B');
  assert.equal(bytes(1023), '1023 B');
  assert.equal(bytes(1536), '1.5 KiB');
  assert.equal(bytes(128 * 1024 * 1024), '128 MiB');
});

test('what is not known is a dash, not zero', () => {
  for (const write of [count, bytes, micros, millis, short]) {
    assert.equal(write(undefined), '–');
    assert.equal(write(null), '–');
    assert.equal(write(Number.NaN), '–');
  }
});

test('moments are near or far in one word', () => {
  const now = Date.parse('2026-01-02T12:00:00Z');
  assert.equal(relative('2026-01-02T12:00:00Z', now), 'now');
  assert.equal(relative('2026-01-02T11:59:30Z', now), '30 s ago');
  assert.equal(relative('2026-01-02T15:10:00Z', now), 'in 3 h');
  assert.equal(relative('2025-12-31T12:00:00Z', now), '2 d ago');
  assert.equal(relative('yesterday', now), '–');
});

test('shares below a tenth keep a digit', () => {
  assert.equal(percent(0, 10), '0 %');
  assert.equal(percent(4, 1000), '0.4 %');
  assert.equal(percent(12, 100), '12 %');
  assert.equal(percent(1, 0), '–');
});

test('one is singular', () => {
  assert.equal(plural(1, 'call'), '1 call');
  assert.equal(plural(12_345, 'call'), '12,345 calls');
});
