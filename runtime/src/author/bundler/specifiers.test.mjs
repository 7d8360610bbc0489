import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtin, parsePackage, satisfies } from './specifiers.mjs';

const known = { sdk: '@insforge/sdk', services: 'wasmforge', node: ['buffer', 'path'] };

test('a package has a name, a range and a path', () => {
  assert.deepEqual(parsePackage('zod'), { name: 'zod', range: '', path: '' });
  assert.deepEqual(parsePackage('zod@^3.1/mini/x'), { name: 'zod', range: '^3.1', path: '/mini/x' });
  assert.deepEqual(parsePackage('/@std/encoding@1/hex'), { name: '@std/encoding', range: '1', path: '/hex' });
  assert.equal(parsePackage(''), undefined);
});

test('what every function has keeps one name', () => {
  assert.equal(builtin('npm:@insforge/sdk@1.2.3', known), '@insforge/sdk');
  assert.equal(builtin('buffer', known), 'node:buffer');
  assert.equal(builtin('node:path', known), 'node:path');
  assert.equal(builtin('wasmforge', known), 'wasmforge');
  for (const other of ['npm:zod', 'zod', 'node:fs', 'npm:@insforge/sdk/admin', './buffer']) {
    assert.equal(builtin(other, known), undefined, other);
  }
});

test('versions are within ranges as npm has it', () => {
  const within = {
    '': '9.9.9', '*': '1.0.0', '1.2.3': '1.2.3', '^1.2.3': '1.9.0', '^0.2.3': '0.2.9', '^0.0.3': '0.0.3',
    '~1.2.3': '1.2.9', '~1.2': '1.2.0', '1': '1.7.0', '1.x': '1.0.0', '1.2': '1.2.5', '^1': '1.0.0', '^0': '0.9.0',
    '~1': '1.8.0', '^0.0': '0.0.7', 'v1.2.3': '1.2.3',
  };
  for (const [range, version] of Object.entries(within)) assert.ok(satisfies(version, range), `${version} in ${range}`);
  const outside = [
    ['2.0.0', '^1.2.3'], ['1.2.2', '^1.2.3'], ['0.3.0', '^0.2.3'], ['0.0.4', '^0.0.3'], ['1.3.0', '~1.2.3'],
    ['2.0.0', '1'], ['1.3.0', '1.2'], ['1.2.4', '1.2.3'], ['1.0.0', 'latest'], ['1.0.0-beta', '^1'], ['1.0.0', '>=1'],
    ['1.2.3', '^1.10.0'],
  ];
  for (const [version, range] of outside) assert.ok(!satisfies(version, range), `${version} not in ${range}`);
});
