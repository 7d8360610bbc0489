const tagOf = (value) => Object.prototype.toString.call(value).slice(8, -1);
const instance = (kind) => (value) => value instanceof kind;
const tagged = (tag) => (value) => typeof value === 'object' && value !== null && tagOf(value) === tag;

/** `util.types`: what a value is. */
export const types = {
  isAnyArrayBuffer: (value) => value instanceof ArrayBuffer || value instanceof SharedArrayBuffer,
  isArrayBuffer: instance(ArrayBuffer),
  isArrayBufferView: ArrayBuffer.isView,
  isAsyncFunction: (value) => typeof value === 'function' && tagOf(value).startsWith('Async'),
  isBoxedPrimitive: (value) => [Number, String, Boolean, Symbol, BigInt].some((kind) => value instanceof kind),
  isDataView: instance(DataView),
  isDate: instance(Date),
  isGeneratorFunction: (value) => typeof value === 'function' && tagOf(value).endsWith('GeneratorFunction'),
  isGeneratorObject: tagged('Generator'),
  isMap: instance(Map),
  isNativeError: instance(Error),
  isPromise: instance(Promise),
  isRegExp: instance(RegExp),
  isSet: instance(Set),
  isSymbolObject: instance(Symbol),
  isTypedArray: instance(Object.getPrototypeOf(Uint8Array)),
  isUint8Array: instance(Uint8Array),
  isWeakMap: instance(WeakMap),
  isWeakSet: instance(WeakSet),
};
