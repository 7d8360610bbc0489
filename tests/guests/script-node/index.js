// Those of Node's modules that code for the web leans on. The path says which.
import assert, { strict } from 'node:assert';
import { Buffer } from 'node:buffer';
import { createHash, createHmac, pbkdf2Sync, randomBytes, randomInt, randomUUID, scryptSync, timingSafeEqual, webcrypto } from 'crypto';
import EventEmitter, { on, once } from 'node:events';
import path, { join } from 'node:path';
import process, { nextTick } from 'node:process';
import querystring from 'querystring';
import { fileURLToPath, format as formatUrl, parse, resolve, URL as NodeURL } from 'node:url';
import util, { inherits, inspect, isDeepStrictEqual, promisify, types } from 'node:util';

const modules = {
  buffer: () => [
    Buffer.from('h\u00e9').toString('hex'),
    Buffer.from('aGk=', 'base64').toString(),
    Buffer.concat([Buffer.from('a'), Buffer.alloc(2)]).length,
    Buffer.from([1, 2]) instanceof Uint8Array,
    typeof globalThis.Buffer,
  ],

  crypto: () => [
    createHash('md5').update('a').update('b').digest('hex'),
    createHash('sha256').update('abc').digest('base64'),
    createHmac('sha256', 'key').update('The quick brown fox jumps over the lazy dog').digest('hex'),
    scryptSync('password', 'NaCl', 32, { N: 1024, r: 8, p: 16 }).toString('hex'),
    pbkdf2Sync('password', 'salt', 1, 20, 'sha1').toString('hex'),
    timingSafeEqual(Buffer.from('a'), Buffer.from('a')),
    [randomBytes(4).length, randomInt(3, 4), randomUUID().length, webcrypto === crypto],
  ],

  async events() {
    const emitter = new EventEmitter();
    const first = once(emitter, 'greeting');
    emitter.emit('greeting', 'hello', 1);
    const seen = [];
    setTimeout(() => [1, 2, 3].forEach((number) => emitter.emit('number', number)));
    for await (const [number] of on(emitter, 'number')) {
      if (seen.push(number) === 3) break;
    }
    return [await first, seen, emitter.listenerCount('number')];
  },

  async util() {
    function Child() {}
    inherits(Child, Map);
    return [
      inspect({ a: [1, new Map([['k', 'v']])] }),
      util.format('%s has %d of %j', 'x', 2, { y: 1 }),
      isDeepStrictEqual({ a: new Set([1]), b: [NaN] }, { b: [NaN], a: new Set([1]) }),
      isDeepStrictEqual([1], ['1']),
      [types.isDate(new Date()), types.isPromise({}), Child.super_ === Map],
      await promisify((value, callback) => callback(null, value + 1))(1),
      new util.TextDecoder().decode(new util.TextEncoder().encode('\u00fc')),
    ];
  },

  url: () => [
    parse('https://u:p@Host.com:8080/p/a?x=1#h', true),
    formatUrl({ protocol: 'https', host: 'a.b', pathname: '/c', query: { d: 1 } }),
    fileURLToPath('file:///a%20b'),
    [resolve('/one/two/three', 'four'), resolve('http://example.com/one', '/two')],
    NodeURL === URL,
  ],

  path: () => [join('/a', '../b'), path.basename('/x/y.js', '.js'), path.posix.resolve('/a', 'b')],

  querystring: () => [querystring.parse('a=1&b=2&a=%20x+y'), querystring.stringify({ a: ['1', '2'], b: 'x y' })],

  assert() {
    assert(true);
    assert.equal(1, '1');
    assert.throws(() => {
      throw new TypeError('x');
    }, TypeError);
    assert.deepStrictEqual({ a: [1] }, { a: [1] });
    try {
      strict.equal(1, '1');
    } catch (error) {
      return [error.name, error.code, error.actual, error.expected];
    }
    return 'nothing was thrown';
  },

  process: () =>
    new Promise((answer) => {
      const secrets = [process.env.SECRET, globalThis.process.env.SECRET, Deno.env.get('SECRET')];
      nextTick((value) => answer([...secrets, process.env.NODE_ENV, typeof process.version, value]), 'later');
    }),

  environment: () => [
    Deno.env.get('ABSENT') === undefined,
    Deno.env.has('SECRET'),
    Deno.env.toObject(),
    process.env.ABSENT === undefined,
  ],

  command: () => new Deno.Command('ls'),
  dynamic: async () => Object.keys(await import('node:querystring')).sort(),
};

export default async (request) => Response.json(await modules[new URL(request.url).pathname.slice(1)]());
