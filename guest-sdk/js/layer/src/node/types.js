// `node:util/types`: of which kind an object is, whatever its prototype says.
const TypedArray = Object.getPrototypeOf(Uint8Array);
const arrayName = Object.getOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag).get;
const getter = (Class, name) => Object.getOwnPropertyDescriptor(Class.prototype, name).get;

/** Whether a method of a class, or a getter, takes a value for its own. */
const accepted = (method) => (value) => {
  try {
    method.call(value);
    return true;
  } catch {
    return false;
  }
};

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';
const tagged = (tag) => (value) => isObject(value) && Object.prototype.toString.call(value) === `[object ${tag}]`;
const boxed = (Class) => {
  const accepts = accepted(Class.prototype.valueOf);
  return (value) => typeof value === 'object' && accepts(value);
};
const array = (name) => (value) => arrayName.call(value) === name;

export const isDate = accepted(Date.prototype.getTime);
export const isMap = accepted(getter(Map, 'size'));
export const isSet = accepted(getter(Set, 'size'));
export const isRegExp = (value) => value !== RegExp.prototype && accepted(getter(RegExp, 'flags'))(value) && tagged('RegExp')(value);
export const isWeakMap = accepted(function () {
  WeakMap.prototype.has.call(this, this);
});
export const isWeakSet = accepted(function () {
  WeakSet.prototype.has.call(this, this);
});
export const isArrayBuffer = accepted(getter(ArrayBuffer, 'byteLength'));
export const isSharedArrayBuffer = tagged('SharedArrayBuffer');
export const isAnyArrayBuffer = (value) => isArrayBuffer(value) || isSharedArrayBuffer(value);
export const isDataView = (value) => ArrayBuffer.isView(value) && !isTypedArray(value);
export const isArrayBufferView = (value) => ArrayBuffer.isView(value);
export const isTypedArray = (value) => arrayName.call(value) !== undefined;
export const isInt8Array = array('Int8Array');
export const isUint8Array = array('Uint8Array');
export const isUint8ClampedArray = array('Uint8ClampedArray');
export const isInt16Array = array('Int16Array');
export const isUint16Array = array('Uint16Array');
export const isInt32Array = array('Int32Array');
export const isUint32Array = array('Uint32Array');
export const isFloat32Array = array('Float32Array');
export const isFloat64Array = array('Float64Array');
export const isBigInt64Array = array('BigInt64Array');
export const isBigUint64Array = array('BigUint64Array');
export const isPromise = tagged('Promise');
export const isAsyncFunction = (value) => typeof value === 'function' && /^\[object Async/.test(Object.prototype.toString.call(value));
export const isGeneratorFunction = (value) =>
  typeof value === 'function' && /GeneratorFunction\]$/.test(Object.prototype.toString.call(value));
export const isGeneratorObject = tagged('Generator');
export const isMapIterator = tagged('Map Iterator');
export const isSetIterator = tagged('Set Iterator');
export const isNativeError = (value) => value instanceof Error && !(value instanceof DOMException);
export const isNumberObject = boxed(Number);
export const isStringObject = boxed(String);
export const isBooleanObject = boxed(Boolean);
export const isBigIntObject = boxed(BigInt);
export const isSymbolObject = boxed(Symbol);
export const isBoxedPrimitive = (value) =>
  [isNumberObject, isStringObject, isBooleanObject, isBigIntObject, isSymbolObject].some((is) => is(value));
export const isCryptoKey = (value) => value instanceof CryptoKey;
