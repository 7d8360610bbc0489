let create;
let material;

/** A key. What it is made of is in the engine: script sees its description. */
export class CryptoKey {
  #type;
  #extractable;
  #algorithm;
  #usages;
  #material;

  constructor(token, key) {
    if (token !== create) throw new TypeError('Illegal constructor');
    this.#type = key.type;
    this.#extractable = key.extractable;
    this.#algorithm = key.algorithm;
    this.#usages = key.usages;
    this.#material = key.material;
  }

  get type() {
    return this.#type;
  }

  get extractable() {
    return this.#extractable;
  }

  get algorithm() {
    return this.#algorithm;
  }

  get usages() {
    return this.#usages;
  }

  static {
    create = (key) => new CryptoKey(create, key);
    material = (key) => key.#material;
    for (const name of ['type', 'extractable', 'algorithm', 'usages']) {
      Object.defineProperty(this.prototype, name, { enumerable: true });
    }
    Object.defineProperty(this.prototype, Symbol.toStringTag, { value: 'CryptoKey', configurable: true });
  }
}

/**
 * @param {{ type: string, extractable: boolean, algorithm: object, usages: string[], material: object }} key
 * @returns {CryptoKey}
 */
export const makeKey = create;

/** The engine's own object of a key. Nothing that script can call returns it. */
export const materialOf = material;
