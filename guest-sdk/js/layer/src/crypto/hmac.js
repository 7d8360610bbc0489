import { copyOf, unsignedLong } from './convert.js';
import { BLOCK } from './digest.js';
import { must } from './errors.js';
import { materialOf } from './key.js';
import { operations } from './natives.js';
import { hash, register } from './registry.js';
import { readSecret, secretKey, writeSecret } from './secret.js';
import { allow } from './usages.js';

const USAGES = ['sign', 'verify'];
const parameters = [['hash', hash, true], ['length', unsignedLong, false]];
const alg = (name) => `HS${name === 'SHA-1' ? 1 : name.slice(4)}`;
const described = (hash, length) => ({ name: 'HMAC', hash: { name: hash.name }, length });

const imported = ({ hash, length }, format, data, extractable, usages) => {
  allow(usages, USAGES);
  const key = readSecret(format, data, { use: 'sig', alg: () => alg(hash.name) }, extractable, usages);
  const bits = key.length * 8;
  must(bits > 0, 'DataError', 'the key has no bits');
  must(length === undefined || (length <= bits && length > bits - 8), 'DataError', 'length is not that of the key');
  return secretKey(operations.secretKey(key), described(hash, length ?? bits), extractable, usages);
};

register('HMAC', {
  sign: { run: (_, key, data) => operations.hmacSign(key.algorithm.hash.name, materialOf(key), copyOf(data)) },
  verify: {
    run: (_, key, signature, data) =>
      operations.hmacVerify(key.algorithm.hash.name, materialOf(key), copyOf(signature), copyOf(data)),
  },
  generateKey: {
    parameters,
    run({ hash, length = BLOCK[hash.name] }, extractable, usages) {
      allow(usages, USAGES);
      must(length > 0, 'OperationError', 'length must not be 0');
      return secretKey(operations.secretRandom(Math.ceil(length / 8)), described(hash, length), extractable, usages);
    },
  },
  importKey: { parameters, run: imported },
  exportKey: { run: (format, key) => writeSecret(format, key, alg(key.algorithm.hash.name)) },
  getKeyLength: {
    parameters,
    run({ hash, length = BLOCK[hash.name] }) {
      if (length === 0) throw new TypeError('length must not be 0');
      return length;
    },
  },
});
