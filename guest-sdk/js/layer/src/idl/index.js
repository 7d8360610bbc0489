// What all classes of the web platform have in common, after the Web IDL standard.
import { define } from '../global.js';

/** Makes classes globals, under their keys, with the property attributes that Web IDL gives to interfaces. */
export function expose(classes) {
  for (const [name, Class] of Object.entries(classes)) {
    showMembers(Class.prototype, ['constructor']);
    showMembers(Class, ['length', 'name', 'prototype']);
    tag(Class, name);
    define(name, Class);
  }
}

/** Names the instances of a class for `Object.prototype.toString`. */
export function tag(Class, name) {
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
}

function showMembers(object, hidden) {
  for (const key of Object.getOwnPropertyNames(object)) {
    if (hidden.includes(key)) continue;
    const descriptor = Object.getOwnPropertyDescriptor(object, key);
    if (descriptor.configurable) Object.defineProperty(object, key, { enumerable: true });
  }
}

/** Gives a class, and its instances, numbers that never change. */
export function constants(Class, numbers) {
  for (const [name, value] of Object.entries(numbers)) {
    Object.defineProperty(Class, name, { value, enumerable: true });
    Object.defineProperty(Class.prototype, name, { value, enumerable: true });
  }
}

/** Throws unless as many arguments were given as are needed. */
export function required(given, needed, where) {
  if (given < needed) {
    throw new TypeError(`${where}: ${needed} argument${needed > 1 ? 's' : ''} required, but only ${given} present`);
  }
}

/** A string without lone surrogates. */
export function usvString(value) {
  const string = typeof value === 'string' ? value : `${value}`;
  return string.isWellFormed() ? string : string.toWellFormed();
}

/** A dictionary: undefined and null are empty ones. */
export function dictionary(value, where) {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' || typeof value === 'function') return value;
  throw new TypeError(`${where}: the options are not an object`);
}

/** The property of a prototype that iterates over pairs, as Web IDL has it, with the iterator's class. */
export function iterable(Class, pairsOf) {
  const prototype = Object.create(Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())));
  const states = new WeakMap();
  Object.defineProperties(prototype, {
    next: {
      value: function next() {
        const state = states.get(this);
        if (state === undefined) throw new TypeError(`The receiver is no ${Class.name} Iterator`);
        const pair = pairsOf(state.target)[state.index];
        if (pair === undefined) return { value: undefined, done: true };
        state.index += 1;
        const value = state.kind === 'both' ? [pair[0], pair[1]] : pair[state.kind];
        return { value, done: false };
      },
      writable: true,
      enumerable: true,
      configurable: true,
    },
    [Symbol.toStringTag]: { value: `${Class.name} Iterator`, configurable: true },
  });
  const iterate = (target, kind) => {
    pairsOf(target);
    const iterator = Object.create(prototype);
    states.set(iterator, { target, kind, index: 0 });
    return iterator;
  };
  const methods = {
    entries() {
      return iterate(this, 'both');
    },
    keys() {
      return iterate(this, 0);
    },
    values() {
      return iterate(this, 1);
    },
    forEach(callback) {
      required(arguments.length, 1, `${Class.name}.forEach`);
      if (typeof callback !== 'function') throw new TypeError(`${Class.name}.forEach: the callback is not a function`);
      const pairs = () => pairsOf(this);
      for (let index = 0; index < pairs().length; index += 1) {
        const [key, value] = pairs()[index];
        callback.call(arguments[1], value, key, this);
      }
    },
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(Class.prototype, name, { value, writable: true, enumerable: true, configurable: true });
  }
  Object.defineProperty(Class.prototype, Symbol.iterator, { value: methods.entries, writable: true, configurable: true });
}
