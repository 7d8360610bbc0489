import { bigInteger, bytes, copyOf, unsignedLong } from './convert.js';
import { must, refusal } from './errors.js';
import { checkJwk, described, member } from './jwk.js';
import { materialOf } from './key.js';
import { operations, toBase64Url } from './natives.js';
import { allowPair, makePair, mustBe, privatePart, publicPart } from './pair.js';
import { hash, register } from './registry.js';
import { allow } from './usages.js';

const PUBLIC = ['n', 'e'];
const PRIVATE = ['n', 'e', 'd', 'p', 'q'];
const EXPORTED = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'];

/** Reads a key in a format: its material, and its type. */
function read(format, data, about, extractable, usages) {
  if (format === 'spki') return [operations.rsaImport(false, data), 'public'];
  if (format === 'pkcs8') return [operations.rsaImport(true, data), 'private'];
  must(format === 'jwk', 'NotSupportedError', `an RSA key has no format ${format}`);
  checkJwk(data, about, extractable, usages);
  must(data.oth === undefined, 'NotSupportedError', 'the key has more than two primes');
  const type = data.d === undefined ? 'public' : 'private';
  const parts = (type === 'public' ? PUBLIC : PRIVATE).map((name) => member(data, name));
  return [operations.rsaFromParts(parts), type];
}

function write(format, key, alg) {
  const material = materialOf(key);
  if (format === 'jwk') {
    const parts = operations.rsaParts(material, key.type === 'private');
    const numbers = Object.fromEntries(parts.map((part, at) => [EXPORTED[at], toBase64Url(part)]));
    return { kty: 'RSA', alg: alg(key.algorithm.hash.name), ...numbers, ...described(key) };
  }
  if (format === 'raw') throw refusal('NotSupportedError', 'an RSA key has no format raw');
  mustBe(format === 'spki' ? 'public' : 'private', key);
  return operations.rsaExport(material);
}

function algorithmOf(name, material, hash) {
  const [modulus, exponent] = operations.rsaParts(material, false).map((part) => new Uint8Array(part));
  const modulusLength = modulus.length * 8 - Math.clz32(modulus[0]) + 24;
  return { name, modulusLength, publicExponent: exponent, hash: { name: hash.name } };
}

/** The operations on keys, which the paddings have in common. */
function keyed(name, use, usable, alg) {
  return {
    generateKey: {
      parameters: [['hash', hash, true], ['modulusLength', unsignedLong, true], ['publicExponent', bigInteger, true]],
      run({ hash, modulusLength, publicExponent }, extractable, usages) {
        allowPair(usages, usable);
        const pair = operations.rsaGenerate(modulusLength, publicExponent);
        const algorithm = { name, modulusLength, publicExponent, hash: { name: hash.name } };
        return makePair(pair, algorithm, extractable, usages, usable);
      },
    },
    importKey: {
      parameters: [['hash', hash, true]],
      run({ hash }, format, data, extractable, usages) {
        const type = format === 'jwk' ? (data.d === undefined ? 'public' : 'private') : { spki: 'public', pkcs8: 'private' }[format];
        if (type !== undefined) allow(usages, usable[type]);
        const [material] = read(format, data, { kty: 'RSA', use, alg: [alg(hash.name)] }, extractable, usages);
        const part = type === 'public' ? publicPart : privatePart;
        return part(material, algorithmOf(name, material, hash), extractable, usages);
      },
    },
    exportKey: { run: (format, key) => write(format, key, alg) },
  };
}

const signing = (saltOf) => ({
  sign: {
    parameters: saltOf.parameters,
    run(parameters, key, data) {
      mustBe('private', key);
      return operations.rsaSign(materialOf(key), key.algorithm.hash.name, saltOf(parameters), copyOf(data));
    },
  },
  verify: {
    parameters: saltOf.parameters,
    run(parameters, key, signature, data) {
      mustBe('public', key);
      const salt = saltOf(parameters);
      return operations.rsaVerify(materialOf(key), key.algorithm.hash.name, salt, copyOf(signature), copyOf(data));
    },
  },
});

const number = (name) => (name === 'SHA-1' ? '1' : name.slice(4));
const SIGN = { public: ['verify'], private: ['sign'] };
const SEAL = { public: ['encrypt', 'wrapKey'], private: ['decrypt', 'unwrapKey'] };

const noSalt = Object.assign(() => undefined, { parameters: [] });
const salt = Object.assign(({ saltLength }) => saltLength, { parameters: [['saltLength', unsignedLong, true]] });

register('RSASSA-PKCS1-v1_5', { ...keyed('RSASSA-PKCS1-v1_5', 'sig', SIGN, (name) => `RS${number(name)}`), ...signing(noSalt) });
register('RSA-PSS', { ...keyed('RSA-PSS', 'sig', SIGN, (name) => `PS${number(name)}`), ...signing(salt) });

const label = [['label', bytes, false]];
const EMPTY = new Uint8Array(0);

register('RSA-OAEP', {
  ...keyed('RSA-OAEP', 'enc', SEAL, (name) => (name === 'SHA-1' ? 'RSA-OAEP' : `RSA-OAEP-${number(name)}`)),
  encrypt: {
    parameters: label,
    run({ label = EMPTY }, key, data) {
      mustBe('public', key);
      return operations.rsaEncrypt(materialOf(key), key.algorithm.hash.name, label, copyOf(data));
    },
  },
  decrypt: {
    parameters: label,
    run({ label = EMPTY }, key, data) {
      mustBe('private', key);
      return operations.rsaDecrypt(materialOf(key), key.algorithm.hash.name, label, copyOf(data));
    },
  },
});
