import { bytes, copyOf, octet, unsignedShort } from './convert.js';
import { must } from './errors.js';
import { materialOf } from './key.js';
import { operations } from './natives.js';
import { register } from './registry.js';
import { readSecret, secretKey, writeSecret } from './secret.js';
import { allow } from './usages.js';

const LENGTHS = [128, 192, 256];
const TAGS = [32, 64, 96, 104, 112, 120, 128];
const CIPHER = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'];
const EMPTY = new Uint8Array(0);

const validLength = ({ length }) => {
  must(LENGTHS.includes(length), 'OperationError', 'an AES key has 128, 192 or 256 bits');
  return length;
};

/** The operations on keys, which the modes have in common. */
function keyed(name, usable) {
  const alg = (length) => `A${length}${name.slice(4)}`;
  const length = [['length', unsignedShort, true]];
  return {
    generateKey: {
      parameters: length,
      run(parameters, extractable, usages) {
        allow(usages, usable);
        const bits = validLength(parameters);
        return secretKey(operations.secretRandom(bits / 8), { name, length: bits }, extractable, usages);
      },
    },
    importKey: {
      run(parameters, format, data, extractable, usages) {
        allow(usages, usable);
        const about = { use: 'enc', alg: (key) => alg(key.length * 8) };
        const key = readSecret(format, data, about, extractable, usages);
        must(LENGTHS.includes(key.length * 8), 'DataError', 'an AES key has 128, 192 or 256 bits');
        return secretKey(operations.secretKey(key), { name, length: key.length * 8 }, extractable, usages);
      },
    },
    exportKey: { run: (format, key) => writeSecret(format, key, alg(key.algorithm.length)) },
    getKeyLength: { parameters: length, run: validLength },
  };
}

const cbc = (encrypt) => ({
  parameters: [['iv', bytes, true]],
  run({ iv }, key, data) {
    must(iv.length === 16, 'OperationError', 'iv must have 16 bytes');
    return operations.aesCbc(encrypt, materialOf(key), iv, copyOf(data));
  },
});

const ctr = {
  parameters: [['counter', bytes, true], ['length', octet, true]],
  run({ counter, length }, key, data) {
    must(counter.length === 16, 'OperationError', 'counter must have 16 bytes');
    must(length >= 1 && length <= 128, 'OperationError', 'length must be from 1 to 128');
    return operations.aesCtr(materialOf(key), counter, length, copyOf(data));
  },
};

const gcm = (operation) => ({
  parameters: [['iv', bytes, true], ['additionalData', bytes, false], ['tagLength', octet, false]],
  run({ iv, additionalData = EMPTY, tagLength = 128 }, key, data) {
    must(TAGS.includes(tagLength), 'OperationError', `tagLength must be one of ${TAGS.join(', ')}`);
    must(iv.length > 0, 'OperationError', 'iv must have a byte at least');
    return operation(materialOf(key), iv, additionalData, tagLength / 8, copyOf(data));
  },
});

const kw = (wrap) => ({ run: (parameters, key, data) => operations.aesWrap(wrap, materialOf(key), copyOf(data)) });

register('AES-CBC', { ...keyed('AES-CBC', CIPHER), encrypt: cbc(true), decrypt: cbc(false) });
register('AES-CTR', { ...keyed('AES-CTR', CIPHER), encrypt: ctr, decrypt: ctr });
register('AES-GCM', { ...keyed('AES-GCM', CIPHER), encrypt: gcm(operations.aesGcmSeal), decrypt: gcm(operations.aesGcmOpen) });
register('AES-KW', { ...keyed('AES-KW', ['wrapKey', 'unwrapKey']), wrapKey: kw(true), unwrapKey: kw(false) });
