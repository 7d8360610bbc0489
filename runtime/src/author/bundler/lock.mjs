// The file `wasmforge.lock` beside a function: what its imports were when they were first bundled.
import { readFile, rename, writeFile } from 'node:fs/promises';

export class Lock {
  #path;
  #before;
  #npm;
  #remote;

  constructor(path, text) {
    const { npm = {}, remote = {} } = text ? JSON.parse(text) : {};
    this.#path = path;
    this.#before = text;
    this.#npm = new Map(Object.entries(npm));
    this.#remote = new Map(Object.entries(remote));
  }

  /** @param {string} path of a file that may be missing */
  static async read(path) {
    const text = await readFile(path, 'utf8').catch((error) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    try {
      return new Lock(path, text);
    } catch {
      throw new Error(`${path} is no lock file: restore it, or remove it to lock the imports as they are now`);
    }
  }

  /** @returns {{ version: string, integrity?: string } | undefined} the package that was installed for a request */
  package(asked) {
    return this.#npm.get(asked);
  }

  lockPackage(asked, found) {
    this.#npm.set(asked, found);
  }

  /**
   * Checks what an address gave, or remembers it.
   * @param {string} url
   * @param {string} integrity
   */
  verify(url, integrity) {
    const expected = this.#remote.get(url);
    if (expected === undefined) this.#remote.set(url, integrity);
    else if (expected !== integrity) {
      throw new Error(`${url} has changed since it was locked: if that is as it should be, remove its line from ${this.#path}`);
    }
  }

  /** @returns {string | undefined} the hash that an address must have */
  remote(url) {
    return this.#remote.get(url);
  }

  /** Writes the file if it has changed, and none where nothing was locked. */
  async write() {
    if (this.#npm.size + this.#remote.size === 0) return;
    const sorted = (map) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
    const text = `${JSON.stringify({ npm: sorted(this.#npm), remote: sorted(this.#remote) }, undefined, 2)}\n`;
    if (text === this.#before) return;
    const partial = `${this.#path}.${process.pid}`;
    await writeFile(partial, text);
    await rename(partial, this.#path);
  }
}
