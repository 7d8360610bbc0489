import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Lock } from './lock.mjs';

async function inFolder(use) {
  const folder = await mkdtemp(join(tmpdir(), 'lock-'));
  try {
    await use(join(folder, 'wasmforge.lock'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('an address that has changed is refused, and the file says what to remove', () => inFolder(async (path) => {
  const first = await Lock.read(path);
  first.verify('https://example.com/a.js', 'sha256-1');
  await first.write();
  const second = await Lock.read(path);
  second.verify('https://example.com/a.js', 'sha256-1');
  assert.throws(() => second.verify('https://example.com/a.js', 'sha256-2'), /has changed since it was locked.*wasmforge\.lock/);
}));

test('a function without such imports gets no file', () => inFolder(async (path) => {
  await (await Lock.read(path)).write();
  await assert.rejects(readFile(path), { code: 'ENOENT' });
}));

test('a damaged file is not overwritten', () => inFolder(async (path) => {
  await writeFile(path, '{');
  await assert.rejects(Lock.read(path), /is no lock file/);
}));
