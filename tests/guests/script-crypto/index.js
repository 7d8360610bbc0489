// Cryptography as functions use it. The path says what; the body is JSON.
const { subtle } = crypto;
const utf8 = (text) => new TextEncoder().encode(text);
const text = (bytes) => new TextDecoder().decode(bytes);
const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
const unhex = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const toUrl = (data) => encodeBase64(data).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const fromUrl = (data) => decodeBase64(data.replaceAll('-', '+').replaceAll('_', '/'));

const RSA = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
const JWT = {
  HS256: { name: 'HMAC', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', ...RSA },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32, ...RSA },
  ES256: { name: 'ECDSA', hash: 'SHA-256', namedCurve: 'P-256' },
  ES384: { name: 'ECDSA', hash: 'SHA-384', namedCurve: 'P-384' },
  EdDSA: { name: 'Ed25519' },
};

const pem = (label, der) => `-----BEGIN ${label}-----\n${encodeBase64(der).match(/.{1,64}/g).join('\n')}\n-----END ${label}-----\n`;
const der = (text) => decodeBase64(text.replace(/-----[^-]*-----|\s/g, ''));

async function refusal(promise) {
  try {
    await promise;
    return 'nothing';
  } catch (error) {
    return `${error instanceof DOMException ? 'DOMException ' : ''}${error.name}`;
  }
}

const routes = {
  /** A webhook that is signed as GitHub signs them, verified in both ways. */
  async webhook({ secret, payload, signature }) {
    const key = await subtle.importKey('raw', utf8(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
    const valid = await subtle.verify('HMAC', key, unhex(signature.replace('sha256=', '')), utf8(payload));
    return { valid, own: `sha256=${hex(await subtle.sign('HMAC', key, utf8(payload)))}` };
  },

  async 'new-key'({ alg }) {
    const { privateKey, publicKey } = await subtle.generateKey(JWT[alg], true, ['sign', 'verify']);
    return {
      pkcs8: pem('PRIVATE KEY', await subtle.exportKey('pkcs8', privateKey)),
      spki: pem('PUBLIC KEY', await subtle.exportKey('spki', publicKey)),
      jwk: await subtle.exportKey('jwk', publicKey),
    };
  },

  async 'sign-token'({ alg, secret, pkcs8, claims }) {
    const data = pkcs8 ? ['pkcs8', der(pkcs8)] : ['raw', utf8(secret)];
    const key = await subtle.importKey(...data, JWT[alg], false, ['sign']);
    const signed = `${toUrl(JSON.stringify({ alg, typ: 'JWT' }))}.${toUrl(JSON.stringify(claims))}`;
    return { token: `${signed}.${toUrl(await subtle.sign(JWT[alg], key, utf8(signed)))}` };
  },

  async 'verify-token'({ alg, secret, jwk, token }) {
    const data = jwk ? ['jwk', jwk] : ['raw', utf8(secret)];
    const key = await subtle.importKey(...data, JWT[alg], false, ['verify']);
    const [header, claims, signature] = token.split('.');
    const valid = await subtle.verify(JWT[alg], key, fromUrl(signature), utf8(`${header}.${claims}`));
    return { valid, claims: JSON.parse(text(fromUrl(claims))) };
  },

  /** A secret as the platform stores it: `iv:tag:ciphertext`, the key a digest. */
  async decrypt({ phrase, stored }) {
    const digest = await subtle.digest('SHA-256', utf8(phrase));
    const key = await subtle.importKey('raw', digest, 'AES-GCM', false, ['decrypt']);
    const [iv, tag, sealed] = stored.split(':');
    return { plain: text(await subtle.decrypt({ name: 'AES-GCM', iv: unhex(iv) }, key, unhex(sealed + tag))) };
  },

  async derive({ name, key, salt, info, hash, iterations, bytes }) {
    const base = await subtle.importKey('raw', unhex(key), name, false, ['deriveBits']);
    const how = { name, hash, salt: unhex(salt), iterations, info: unhex(info ?? '') };
    return { derived: hex(await subtle.deriveBits(how, base, bytes * 8)) };
  },

  async agree({ name, namedCurve }) {
    const usages = ['deriveKey', 'deriveBits'];
    const ours = await subtle.generateKey({ name, namedCurve }, false, usages);
    const theirs = await subtle.generateKey({ name, namedCurve }, false, usages);
    const aes = { name: 'AES-GCM', length: 256 };
    const sealing = await subtle.deriveKey({ name, public: theirs.publicKey }, ours.privateKey, aes, false, ['encrypt']);
    const opening = await subtle.deriveKey({ name, public: ours.publicKey }, theirs.privateKey, aes, false, ['decrypt']);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await subtle.encrypt({ name: 'AES-GCM', iv }, sealing, utf8('between us'));
    return { opened: text(await subtle.decrypt({ name: 'AES-GCM', iv }, opening, sealed)) };
  },

  async wrap() {
    const kek = await subtle.generateKey({ name: 'AES-KW', length: 256 }, false, ['wrapKey', 'unwrapKey']);
    const rsa = await subtle.generateKey({ name: 'RSA-OAEP', hash: 'SHA-256', ...RSA }, false, ['wrapKey', 'unwrapKey']);
    const key = await subtle.generateKey({ name: 'AES-CBC', length: 128 }, true, ['encrypt', 'decrypt']);
    const raw = hex(await subtle.exportKey('raw', key));
    const wrapped = await subtle.wrapKey('raw', key, kek, 'AES-KW');
    const sealed = await subtle.wrapKey('raw', key, rsa.publicKey, 'RSA-OAEP');
    const first = await subtle.unwrapKey('raw', wrapped, kek, 'AES-KW', 'AES-CBC', true, ['encrypt']);
    const second = await subtle.unwrapKey('raw', sealed, rsa.privateKey, 'RSA-OAEP', 'AES-CBC', true, ['decrypt']);
    const all = await Promise.all([first, second].map((one) => subtle.exportKey('raw', one)));
    return { same: all.every((one) => hex(one) === raw) };
  },

  async refusals() {
    const gcm = { name: 'AES-GCM', iv: new Uint8Array(12) };
    const key = await subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, ['decrypt']);
    return {
      exported: await refusal(subtle.exportKey('raw', key)),
      usage: await refusal(subtle.encrypt(gcm, key, new Uint8Array(1))),
      tag: await refusal(subtle.decrypt(gcm, key, new Uint8Array(20))),
      unknown: await refusal(subtle.digest('SHA-3000', new Uint8Array(1))),
      useless: await refusal(subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', false, [])),
      length: await refusal(subtle.importKey('raw', new Uint8Array(15), 'AES-GCM', false, ['encrypt'])),
      data: await refusal(subtle.digest('SHA-256', 'text')),
      quota: await refusal((async () => crypto.getRandomValues(new Uint8Array(65537)))()),
      floats: await refusal((async () => crypto.getRandomValues(new Float32Array(1)))()),
      base64: await refusal((async () => atob('*'))()),
      looked: JSON.stringify(key) + Object.getOwnPropertySymbols(key).length,
    };
  },

  random: () => ({
    math: Math.random(),
    uuid: crypto.randomUUID(),
    bytes: hex(crypto.getRandomValues(new Uint8Array(16))),
  }),

  base64: () => [btoa('h\u00e9'), atob(' aGVs bG8 '), encodeBase64('\u00fc'), Array.from(decodeBase64('AQID'))],
};

export default async function handler(request) {
  const route = new URL(request.url).pathname.slice(1);
  return Response.json(await routes[route](request.method === 'POST' ? await request.json() : {}));
}
