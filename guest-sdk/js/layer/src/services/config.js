import { native } from '../native.js';
import { done } from './call.js';
import { ConfigError } from './errors.js';

const host = native.services.config;

export const config = Object.freeze({
  get: (name) => done(ConfigError, () => host.get(String(name))),
  all: () => done(ConfigError, () => host.all()),
});

export const env = Object.freeze({
  get: config.get,
  all: config.all,

  /** The value of a variable that has to be set. */
  require(name) {
    const value = config.get(name);
    if (value === undefined) throw new ConfigError(`the environment variable ${name} is not set`, { code: 'not-set' });
    return value;
  },
});
