import { define } from '../global.js';
import { secrets } from './variables.js';

/** What functions that were written for Deno use of it. */
const env = {
  get: (name) => secrets()[String(name)],
  has: (name) => secrets()[String(name)] !== undefined,
  toObject: () => ({ ...secrets() }),
};

const disabled = (name) =>
  function () {
    throw new Error(`Deno.${name} is natively disabled`);
  };

define('Deno', { env, run: disabled('run'), spawn: disabled('spawn'), Command: disabled('Command') });
