import { copyOf, cryptoKey, text } from './convert.js';
import { agreed, checkPeer } from './agreement.js';
import { must, refusal } from './errors.js';
import { checkJwk, described, member } from './jwk.js';
import { materialOf } from './key.js';
import { operations, toBase64Url } from './natives.js';
import { allowPair, makePair, mustBe, privatePart, publicPart } from './pair.js';
import { hash, register } from './registry.js';
import { allow } from './usages.js';

/** The bytes of a coordinate. */
const CURVES = { 'P-256': 32, 'P-384': 48, 'P-521': 66 };
const ALGS = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' };

const typeOf = (format, data) => {
  if (format === 'jwk') return data.d === undefined ? 'public' : 'private';
  return format === 'pkcs8' ? 'private' : 'public';
};

function fromJwk(curve, jwk, about, extractable, usages) {
  checkJwk(jwk, about, extractable, usages);
  must(jwk.crv === curve, 'DataError', `crv must be ${curve}`);
  const [x, y] = [member(jwk, 'x'), member(jwk, 'y')];
  const scalar = jwk.d === undefined ? undefined : member(jwk, 'd');
  const right = [x, y, scalar ?? x].every((part) => part.length === CURVES[curve]);
  must(right, 'DataError', `a number of ${curve} has ${CURVES[curve]} bytes`);
  return operations.ecFromParts(curve, Uint8Array.of(4, ...x, ...y), scalar);
}

function write(format, key) {
  const material = materialOf(key);
  if (format === 'jwk') return toJwk(key, material);
  mustBe(format === 'pkcs8' ? 'private' : 'public', key);
  return format === 'raw' ? operations.ecPoint(material) : operations.ecExport(material);
}

function toJwk(key, material) {
  const curve = key.algorithm.namedCurve;
  const point = operations.ecPoint(material);
  const size = CURVES[curve];
  const numbers = { x: toBase64Url(point.slice(1, 1 + size)), y: toBase64Url(point.slice(1 + size)) };
  if (key.type === 'private') numbers.d = toBase64Url(operations.ecScalar(material));
  return { kty: 'EC', crv: curve, ...numbers, ...described(key) };
}

function known(curve) {
  if (!Object.hasOwn(CURVES, curve)) throw refusal('NotSupportedError', `there is no curve ${curve}`);
  return curve;
}

/** The operations on keys, which ECDSA and ECDH have in common. */
function keyed(name, use, usable) {
  const parameters = [['namedCurve', text, true]];
  return {
    generateKey: {
      parameters,
      run({ namedCurve }, extractable, usages) {
        allowPair(usages, usable);
        const pair = operations.ecGenerate(known(namedCurve));
        return makePair(pair, { name, namedCurve }, extractable, usages, usable);
      },
    },
    importKey: {
      parameters,
      run({ namedCurve }, format, data, extractable, usages) {
        known(namedCurve);
        const type = typeOf(format, data);
        allow(usages, usable[type]);
        const about = { kty: 'EC', use, alg: name === 'ECDSA' ? [ALGS[namedCurve]] : undefined };
        const material =
          format === 'jwk'
            ? fromJwk(namedCurve, data, about, extractable, usages)
            : operations.ecImport(namedCurve, format, data);
        return (type === 'public' ? publicPart : privatePart)(material, { name, namedCurve }, extractable, usages);
      },
    },
    exportKey: { run: write },
  };
}

register('ECDSA', {
  ...keyed('ECDSA', 'sig', { public: ['verify'], private: ['sign'] }),
  sign: {
    parameters: [['hash', hash, true]],
    run({ hash }, key, data) {
      mustBe('private', key);
      return operations.ecSign(materialOf(key), hash.name, copyOf(data));
    },
  },
  verify: {
    parameters: [['hash', hash, true]],
    run({ hash }, key, signature, data) {
      mustBe('public', key);
      return operations.ecVerify(materialOf(key), hash.name, copyOf(signature), copyOf(data));
    },
  },
});

register('ECDH', {
  ...keyed('ECDH', 'enc', { public: [], private: ['deriveKey', 'deriveBits'] }),
  deriveBits: {
    parameters: [['public', cryptoKey, true]],
    run({ public: peer }, key, length) {
      checkPeer(key, peer);
      const same = peer.algorithm.namedCurve === key.algorithm.namedCurve;
      must(same, 'InvalidAccessError', 'the keys are of different curves');
      return agreed(operations.ecAgree(materialOf(key), materialOf(peer)), length);
    },
  },
});
