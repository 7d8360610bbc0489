// Uses modules of Node's as code for the web does, and answers with what came of it, by module.
import assert, { AssertionError } from 'node:assert';
import strict from 'assert/strict';
import { Buffer } from 'buffer';
import crypto, { createHash, createHmac } from 'node:crypto';
import EventEmitter, { once } from 'events';
import path, { join } from 'path';
import posix from 'path/posix';
import process, { env, nextTick } from 'process';
import qs from 'querystring';
import url, { fileURLToPath } from 'url';
import util, { inspect, promisify } from 'util';
import types from 'util/types';

const buffer = () => [
  Buffer.from('h\u00e9llo').toString('base64'),
  Buffer.from('aGk', 'base64url').toString(),
  Buffer.from([255, 254]).toString('base64url'),
  Buffer.concat([Buffer.from('ff00', 'hex'), Buffer.alloc(2, 'x')]).toString('hex'),
  Buffer.byteLength('\u00e9'),
  Buffer.from('abcdef').subarray(1, 3).toString(),
  Buffer.from(Uint8Array.of(1, 2).buffer).readUInt16BE(0),
  Buffer.from('abc').equals(Buffer.from('abc')) && Buffer.from('') instanceof Uint8Array,
  JSON.stringify(Buffer.from('a')),
  inspect(Buffer.from('hi')),
];

async function events() {
  const emitter = new EventEmitter();
  const seen = [];
  emitter.on('one', (value) => seen.push(value));
  emitter.once('one', (value) => seen.push(-value));
  emitter.emit('one', 1);
  emitter.emit('one', 2);
  const waiting = once(emitter, 'two');
  emitter.emit('two', 'x', 'y');
  return [seen, await waiting, emitter.listenerCount('one')];
}

const utilities = async () => [
  util.format('%s is %d: %j', 'it', 1, { a: 2 }, 'more'),
  inspect({ a: { b: { c: { d: 1 } } } }),
  await promisify((value, callback) => callback(null, value + 1))(1),
  await new Promise((resolve) => util.callbackify(async (value) => value * 2)(4, (error, value) => resolve([error, value]))),
  util.isDeepStrictEqual({ a: [new Map([[1, { b: 2 }]])] }, { a: [new Map([[1, { b: 2 }]])] }),
  util.isDeepStrictEqual([1], ['1']),
  [util.types.isDate(new Date()), types.isPromise(Promise.resolve()), types.isUint8Array(Buffer.from('')), types.isMap({})],
];

function urls() {
  const { host, port, auth, pathname, query } = url.parse('https://u:p@Example.com:8080/a?x=1#h', true);
  return [
    [host, port, auth, pathname, query.x],
    url.resolve('http://a.com/b/c', '../d'),
    url.resolve('/one/two', 'three'),
    url.format({ protocol: 'https', hostname: 'a.b', pathname: '/c', query: { d: 1 } }),
    fileURLToPath('file:///a%20b'),
    url.pathToFileURL('/a b').href,
    url.URL === URL,
  ];
}

const paths = () => [join('a', '..', 'b', './c'), path.basename('/x/y.js', '.js'), path.resolve('q'), posix.extname('a.tar.gz')];

const queries = () => [qs.stringify({ a: [1, 2], b: 'c d' }), qs.parse('a=1&a=2&b=%20')];

/** What passes, and then the code of what every assertion that fails throws. */
async function assertions() {
  assert(true);
  assert.equal(1, '1');
  assert.deepStrictEqual({ a: [1] }, { a: [1] });
  assert.throws(() => assert.fail('no'), /no/);
  await assert.rejects(Promise.reject(new TypeError('x')), TypeError);
  const failing = [
    () => assert.strictEqual(1, 2),
    () => strict.equal(1, '1'),
    () => strict.deepEqual([1], ['1']),
    () => assert.ok(0),
    () => assert.throws(() => {}),
    () => assert.match('a', /b/),
  ];
  return failing.map((work) => {
    try {
      return work();
    } catch (error) {
      return error instanceof AssertionError && error.code;
    }
  });
}

const hashes = async () => [
  createHash('md5').update('').digest('hex'),
  createHash('sha1').update('a').update(Buffer.from('bc')).digest('hex'),
  createHash('SHA256').update('abc').digest('base64'),
  createHash('sha224').update('abc').digest('hex'),
  createHmac('sha256', 'key').update('The quick brown fox ').update('jumps over the lazy dog').digest('hex'),
  crypto.pbkdf2Sync('password', 'salt', 1, 20, 'sha1').toString('hex'),
  (await promisify(crypto.pbkdf2)('password', 'salt', 2, 20, 'sha1')).toString('hex'),
  crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('b')),
  crypto.randomBytes(8).length,
  crypto.randomInt(3, 4),
  crypto.randomUUID().length,
  crypto.webcrypto === globalThis.crypto && crypto.subtle === globalThis.crypto.subtle,
];

async function processes() {
  const tick = await new Promise((resolve) => nextTick(resolve, 7));
  return [env.GREETING, process.env.GREETING, process.env === globalThis.process.env, Object.keys(env).includes('GREETING'), tick];
}

const parts = { buffer, events, util: utilities, url: urls, path: paths, querystring: queries, assert: assertions, crypto: hashes, process: processes };

export default async () => {
  const answers = await Promise.all(Object.entries(parts).map(async ([name, part]) => [name, await part()]));
  return Response.json(Object.fromEntries(answers));
};
