// The newest of what keeps coming.

/** Keeps at most `most` entries, each `id` once; entries without one are all kept. */
export class Ring {
  #most;
  #entries = [];
  #seen = new Set();

  constructor(most) {
    this.#most = most;
  }

  /** Whether it was new. */
  add(entry) {
    if (entry.id !== undefined && entry.id !== null) {
      if (this.#seen.has(entry.id)) {
        return false;
      }
      this.#seen.add(entry.id);
    }
    this.#entries.push(entry);
    if (this.#entries.length > this.#most) {
      this.#seen.delete(this.#entries.shift().id);
    }
    return true;
  }

  /** Forgets everything shown, not that it was seen. */
  clear() {
    this.#entries = [];
  }

  /** Oldest first. */
  get entries() {
    return this.#entries;
  }
}
