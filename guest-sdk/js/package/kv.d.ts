/**
 * An open bucket. A key has 1 to 1024 bytes and no NUL, a value at most 1 MiB. A call that writes several entries writes all of
 * them or none; it takes at most 1000, of at most 8 MiB together. Every call may throw a `KvError`.
 */
export interface Bucket {
  /** The value of a key, if there is one. */
  get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** The same as UTF-8. */
  getText(key: string): Promise<string | undefined>;
  /** The same as JSON. */
  getJson<T = any>(key: string): Promise<T | undefined>;
  /** Sets a key, whether it was there or not. */
  set(key: string, value: string | ArrayBuffer | ArrayBufferView): Promise<void>;
  /** Sets a key to a value written as JSON. */
  setJson(key: string, value: unknown): Promise<void>;
  /** Deletes a key; one that is not there is deleted already. */
  delete(key: string): Promise<void>;
  /** Whether a key is there. */
  exists(key: string): Promise<boolean>;
  /**
   * Adds to a number, which is kept as decimal digits, and returns the sum, a bigint beyond 2⁵³ − 1; a key that is not there
   * counts as 0. Invocations that do so at the same time lose nothing.
   */
  increment(key: string, delta?: number): Promise<number | bigint>;
  /** Every key, in the order in which they were first set. A key that is there throughout is given once. */
  keys(): AsyncGenerator<string, void, undefined>;
  /** The values of several keys, in their order. */
  getMany(keys: Iterable<string>): Promise<(Uint8Array<ArrayBuffer> | undefined)[]>;
  /** Sets several keys: an object, a map, or pairs. */
  setMany(
    entries: Iterable<readonly [string, string | ArrayBuffer | ArrayBufferView]> | Record<string, string | ArrayBuffer | ArrayBufferView>,
  ): Promise<void>;
  /** Deletes several keys. */
  deleteMany(keys: Iterable<string>): Promise<void>;
}

/**
 * Values under keys, kept by the platform. Entries outlive invocations and deploys.
 *
 * ```js
 * const visits = await kv.open('visits');
 * const count = await visits.increment('home');
 * ```
 */
export const kv: {
  /** Opens a bucket of this function's, which need not have been created. */
  open(name: string): Promise<Bucket>;
};
