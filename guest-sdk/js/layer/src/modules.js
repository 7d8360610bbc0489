import { native } from './native.js';

/**
 * Makes a namespace importable under a name. Its properties are the module's exports; without a property `default`, the
 * default export is an object of them all.
 * @param {string} name
 * @param {object} namespace
 */
export function defineModule(name, namespace) {
  native.modules.define(name, { default: { ...namespace }, ...namespace });
}
