// `crypto.subtle`: what is the same for every algorithm. What an algorithm does is in the files of the families.
import * as convert from './convert.js';
import { must, refusal } from './errors.js';
import { readJwk } from './jwk.js';
import { normalize, offers, operationOf } from './registry.js';

const TOKEN = Symbol('SubtleCrypto');

function need(count, given, name) {
  if (given < count) throw new TypeError(`${name} needs ${count} arguments`);
}

function permit({ name }, key, usage) {
  must(name === key.algorithm.name, 'InvalidAccessError', `the key is not for ${name}`);
  must(key.usages.includes(usage), 'InvalidAccessError', `the key is not for ${usage}`);
}

/** A secret or private key that may do nothing is a mistake. */
function useful(key) {
  must(key.type === 'public' || key.usages.length > 0, 'SyntaxError', 'a key must have a usage');
  return key;
}

const keyData = (format, data) => {
  if (format !== 'jwk') return convert.bufferSource(data, 'keyData');
  if (convert.isBufferSource(data)) throw new TypeError('keyData must be a JSON Web Key');
  return readJwk(data);
};

function importInto(algorithm, format, data, extractable, usages) {
  return useful(algorithm.run(algorithm.parameters, format, data, extractable, usages));
}

const exported = (format, key) => {
  const run = operationOf('exportKey', key.algorithm.name);
  must(key.extractable, 'InvalidAccessError', 'the key is not extractable');
  return run(format, key);
};

const lengthOf = (value) => (value === null || value === undefined ? null : Number(value) >>> 0);

/** The wrap of keys where an algorithm has one, its encryption else. */
function wrapping(own, fallback, identifier) {
  const name = typeof identifier === 'object' && identifier !== null ? `${identifier.name}` : `${identifier}`;
  return normalize(offers(own, name) ? own : fallback, identifier);
}

export class SubtleCrypto {
  constructor(token) {
    if (token !== TOKEN) throw new TypeError('Illegal constructor');
  }

  async encrypt(algorithm, key, data) {
    return cipher('encrypt', arguments);
  }

  async decrypt(algorithm, key, data) {
    return cipher('decrypt', arguments);
  }

  async sign(algorithm, key, data) {
    return cipher('sign', arguments);
  }

  async verify(algorithm, key, signature, data) {
    need(4, arguments.length, 'verify');
    convert.cryptoKey(key, 'key');
    convert.bufferSource(signature, 'signature');
    convert.bufferSource(data, 'data');
    const { run, ...normal } = normalize('verify', algorithm);
    permit(normal, key, 'verify');
    return run(normal.parameters, key, signature, data);
  }

  async digest(algorithm, data) {
    need(2, arguments.length, 'digest');
    convert.bufferSource(data, 'data');
    const { parameters, run } = normalize('digest', algorithm);
    return run(parameters, data);
  }

  async generateKey(algorithm, extractable, keyUsages) {
    need(3, arguments.length, 'generateKey');
    const usages = convert.usages(keyUsages);
    const { parameters, run } = normalize('generateKey', algorithm);
    const made = run(parameters, Boolean(extractable), usages);
    useful(made.privateKey ?? made);
    return made;
  }

  async importKey(format, data, algorithm, extractable, keyUsages) {
    need(5, arguments.length, 'importKey');
    const kind = convert.format(format);
    const source = keyData(kind, data);
    const usages = convert.usages(keyUsages);
    const normal = normalize('importKey', algorithm);
    const key = kind === 'jwk' ? source : convert.copyOf(source);
    return importInto(normal, kind, key, Boolean(extractable), usages);
  }

  async exportKey(format, key) {
    need(2, arguments.length, 'exportKey');
    return exported(convert.format(format), convert.cryptoKey(key, 'key'));
  }

  async deriveBits(algorithm, baseKey, length = null) {
    need(2, arguments.length, 'deriveBits');
    convert.cryptoKey(baseKey, 'baseKey');
    const bits = lengthOf(length);
    const { run, ...normal } = normalize('deriveBits', algorithm);
    permit(normal, baseKey, 'deriveBits');
    return run(normal.parameters, baseKey, bits);
  }

  async deriveKey(algorithm, baseKey, derivedKeyType, extractable, keyUsages) {
    need(5, arguments.length, 'deriveKey');
    convert.cryptoKey(baseKey, 'baseKey');
    const usages = convert.usages(keyUsages);
    const { run, ...normal } = normalize('deriveBits', algorithm);
    const target = normalize('importKey', derivedKeyType);
    const size = normalize('getKeyLength', derivedKeyType);
    permit(normal, baseKey, 'deriveKey');
    const secret = run(normal.parameters, baseKey, size.run(size.parameters));
    return importInto(target, 'raw', new Uint8Array(secret), Boolean(extractable), usages);
  }

  async wrapKey(format, key, wrappingKey, wrapAlgorithm) {
    need(4, arguments.length, 'wrapKey');
    const kind = convert.format(format);
    convert.cryptoKey(key, 'key');
    convert.cryptoKey(wrappingKey, 'wrappingKey');
    const { run, ...normal } = wrapping('wrapKey', 'encrypt', wrapAlgorithm);
    permit(normal, wrappingKey, 'wrapKey');
    const data = exported(kind, key);
    const bytes = kind === 'jwk' ? new TextEncoder().encode(JSON.stringify(data)) : data;
    return run(normal.parameters, wrappingKey, bytes);
  }

  async unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgorithm, unwrappedKeyAlgorithm, extractable, keyUsages) {
    need(7, arguments.length, 'unwrapKey');
    const kind = convert.format(format);
    convert.bufferSource(wrappedKey, 'wrappedKey');
    convert.cryptoKey(unwrappingKey, 'unwrappingKey');
    const usages = convert.usages(keyUsages);
    const { run, ...normal } = wrapping('unwrapKey', 'decrypt', unwrapAlgorithm);
    const target = normalize('importKey', unwrappedKeyAlgorithm);
    permit(normal, unwrappingKey, 'unwrapKey');
    const bytes = new Uint8Array(run(normal.parameters, unwrappingKey, wrappedKey));
    const data = kind === 'jwk' ? parseJwk(bytes) : bytes;
    return importInto(target, kind, data, Boolean(extractable), usages);
  }

  static {
    for (const name of Object.getOwnPropertyNames(this.prototype)) {
      if (name !== 'constructor') Object.defineProperty(this.prototype, name, { enumerable: true });
    }
    Object.defineProperty(this.prototype, Symbol.toStringTag, { value: 'SubtleCrypto', configurable: true });
  }
}

/** `encrypt`, `decrypt` and `sign` take the same arguments. */
function cipher(operation, values) {
  need(3, values.length, operation);
  const [algorithm, key, data] = values;
  convert.cryptoKey(key, 'key');
  convert.bufferSource(data, 'data');
  const { run, ...normal } = normalize(operation, algorithm);
  permit(normal, key, operation);
  return run(normal.parameters, key, data);
}

function parseJwk(bytes) {
  let value;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refusal('DataError', 'what was wrapped is not JSON');
  }
  return readJwk(value);
}

export const subtle = new SubtleCrypto(TOKEN);
