/** Defines a global as the platform's own are: writable, configurable, not enumerable. */
export function define(name, value) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}
