// Key derivation: PBKDF2 and HKDF.
import { bytes, unsignedLong } from './convert.js';
import { must } from './errors.js';
import { materialOf } from './key.js';
import { operations } from './natives.js';
import { hash, register } from './registry.js';
import { secretKey } from './secret.js';
import { allow } from './usages.js';

const keyed = (name) => ({
  importKey: {
    run(parameters, format, data, extractable, usages) {
      must(format === 'raw', 'NotSupportedError', `${name} keys are raw`);
      allow(usages, ['deriveKey', 'deriveBits']);
      must(!extractable, 'SyntaxError', `${name} keys are not extractable`);
      return secretKey(operations.secretKey(data), { name }, false, usages);
    },
  },
  getKeyLength: { run: () => null },
});

const bytesOf = (length) => {
  must(length !== null && length % 8 === 0, 'OperationError', 'the length must be a multiple of 8');
  return length / 8;
};

register('PBKDF2', {
  ...keyed('PBKDF2'),
  deriveBits: {
    parameters: [['hash', hash, true], ['iterations', unsignedLong, true], ['salt', bytes, true]],
    run({ hash, iterations, salt }, key, length) {
      const size = bytesOf(length);
      must(iterations > 0, 'OperationError', 'iterations must not be 0');
      return operations.pbkdf2(hash.name, materialOf(key), salt, iterations, size);
    },
  },
});

register('HKDF', {
  ...keyed('HKDF'),
  deriveBits: {
    parameters: [['hash', hash, true], ['info', bytes, true], ['salt', bytes, true]],
    run: ({ hash, info, salt }, key, length) => operations.hkdf(hash.name, materialOf(key), salt, info, bytesOf(length)),
  },
});
