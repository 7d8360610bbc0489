// Ed25519 and X25519.
import { copyOf, cryptoKey } from './convert.js';
import { agreed, checkPeer } from './agreement.js';
import { must } from './errors.js';
import { checkJwk, described, member } from './jwk.js';
import { materialOf } from './key.js';
import { operations, toBase64Url } from './natives.js';
import { allowPair, makePair, mustBe, privatePart, publicPart } from './pair.js';
import { register } from './registry.js';
import { allow } from './usages.js';

const typeOf = (format, data) => {
  if (format === 'jwk') return data.d === undefined ? 'public' : 'private';
  return format === 'pkcs8' ? 'private' : 'public';
};

function fromJwk(name, jwk, about, extractable, usages) {
  checkJwk(jwk, about, extractable, usages);
  must(jwk.crv === name, 'DataError', `crv must be ${name}`);
  const point = member(jwk, 'x');
  if (jwk.d === undefined) return operations.okpImport(name, 'raw', point);
  const material = operations.okpImport(name, 'seed', member(jwk, 'd'));
  must(toBase64Url(operations.okpRaw(material, false)) === toBase64Url(point), 'DataError', 'x and d do not fit');
  return material;
}

function write(name, format, key) {
  const material = materialOf(key);
  if (format === 'jwk') {
    const numbers = { x: toBase64Url(operations.okpRaw(material, false)) };
    if (key.type === 'private') numbers.d = toBase64Url(operations.okpRaw(material, true));
    return { kty: 'OKP', crv: name, ...(name === 'Ed25519' ? { alg: name } : {}), ...numbers, ...described(key) };
  }
  mustBe(format === 'pkcs8' ? 'private' : 'public', key);
  return format === 'raw' ? operations.okpRaw(material, false) : operations.okpExport(material, name);
}

/** The operations on keys, which the two curves have in common. */
function keyed(name, use, usable, alg) {
  return {
    generateKey: {
      run(parameters, extractable, usages) {
        allowPair(usages, usable);
        return makePair(operations.okpGenerate(name), { name }, extractable, usages, usable);
      },
    },
    importKey: {
      run(parameters, format, data, extractable, usages) {
        const type = typeOf(format, data);
        allow(usages, usable[type]);
        const material =
          format === 'jwk'
            ? fromJwk(name, data, { kty: 'OKP', use, alg }, extractable, usages)
            : operations.okpImport(name, format, data);
        return (type === 'public' ? publicPart : privatePart)(material, { name }, extractable, usages);
      },
    },
    exportKey: { run: (format, key) => write(name, format, key) },
  };
}

register('Ed25519', {
  ...keyed('Ed25519', 'sig', { public: ['verify'], private: ['sign'] }, ['EdDSA', 'Ed25519']),
  sign: {
    run(parameters, key, data) {
      mustBe('private', key);
      return operations.okpSign(materialOf(key), copyOf(data));
    },
  },
  verify: {
    run(parameters, key, signature, data) {
      mustBe('public', key);
      return operations.okpVerify(materialOf(key), copyOf(signature), copyOf(data));
    },
  },
});

register('X25519', {
  ...keyed('X25519', 'enc', { public: [], private: ['deriveKey', 'deriveBits'] }),
  deriveBits: {
    parameters: [['public', cryptoKey, true]],
    run({ public: peer }, key, length) {
      checkPeer(key, peer);
      return agreed(operations.okpAgree(materialOf(key), materialOf(peer)), length);
    },
  },
});
