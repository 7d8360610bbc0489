const custom = Symbol.for('nodejs.util.promisify.custom');

/** A function that takes a callback of `(error, value)` last, as one that returns a promise. */
export function promisify(original) {
  if (typeof original !== 'function') throw new TypeError('promisify needs a function');
  if (typeof original[custom] === 'function') return original[custom];
  function promised(...values) {
    return new Promise((resolve, reject) => {
      original.call(this, ...values, (error, value) => (error ? reject(error) : resolve(value)));
    });
  }
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
  return Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original));
}
promisify.custom = custom;

/** The other way round. */
export function callbackify(original) {
  if (typeof original !== 'function') throw new TypeError('callbackify needs a function');
  return function (...values) {
    const callback = values.pop();
    if (typeof callback !== 'function') throw new TypeError('the last argument must be a function');
    original.apply(this, values).then(
      (value) => queueMicrotask(() => callback(null, value)),
      (error) => queueMicrotask(() => callback(error ?? new Error('rejected without a reason'))),
    );
  };
}
