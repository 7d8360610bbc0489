import { copyOf } from './convert.js';
import { operations } from './natives.js';
import { register } from './registry.js';

/** The bits of a block, which a key of HMAC has by default. */
export const BLOCK = { 'SHA-1': 512, 'SHA-256': 512, 'SHA-384': 1024, 'SHA-512': 1024 };

for (const name of Object.keys(BLOCK)) {
  register(name, { digest: { run: (parameters, data) => operations.digest(name, copyOf(data)) } });
}
