import { native } from './native.js';

/**
 * Makes a namespace importable under a name. Its properties are the module's exports.
 * @param {string} name
 * @param {object} namespace
 * @param {unknown} [whole] the default export; without it an object of all exports
 */
export function defineModule(name, namespace, whole = { ...namespace }) {
  native.modules.define(name, { default: whole, ...namespace });
}
