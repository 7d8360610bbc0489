/** Defines a global as the platform's own are: writable, configurable, not enumerable. */
export function define(name, value) {
  // A bundler may have called it otherwise.
  if (typeof value === 'function') Object.defineProperty(value, 'name', { value: name, configurable: true });
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}
