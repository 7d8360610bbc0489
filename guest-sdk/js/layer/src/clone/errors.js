/** What cannot be cloned. */
export function dataCloneError(what) {
  return new DOMException(`${what} could not be cloned`, 'DataCloneError');
}

/** What a value is called in such an error's message. */
export function describe(value) {
  if (typeof value === 'symbol') return String(value);
  if (typeof value === 'function') return `The function ${value.name || '(anonymous)'}`;
  return `An object of the class ${value.constructor?.name || 'Object'}`;
}
