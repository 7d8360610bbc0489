import { done, settled } from '../call.js';
import { SqlError } from '../errors.js';
import { batches } from './batches.js';

/** An open transaction, whose statements wait for each other. */
export class Transaction {
  #handle;
  #last = Promise.resolve();
  #state = 'open';

  constructor(handle) {
    this.#handle = handle;
  }

  query(text, parameters, stack) {
    return this.#turn(() => settled(SqlError, () => this.#handle.query(text, parameters), stack));
  }

  async *stream(text, parameters) {
    const open = await this.#turn(async () => {
      this.#state = 'streaming';
      return done(SqlError, () => this.#handle.stream(text, parameters));
    });
    try {
      yield* batches(open);
    } finally {
      this.#state = 'open';
    }
  }

  /** Ends it, once all its statements have run. */
  async commit() {
    await this.#last;
    this.#check();
    this.#state = 'ended';
    return settled(SqlError, () => this.#handle.commit());
  }

  async rollback() {
    await this.#last;
    if (this.#state === 'ended') return undefined;
    this.#state = 'ended';
    return settled(SqlError, () => this.#handle.rollback());
  }

  #turn(work) {
    const next = this.#last.then(() => {
      this.#check();
      return work();
    });
    this.#last = next.catch(() => {});
    return next;
  }

  /** Nothing runs beside rows that are being read: it would wait for their end, and they perhaps for it. */
  #check() {
    if (this.#state === 'streaming') {
      throw new SqlError('the transaction is executing another statement', { code: 'busy' });
    }
    if (this.#state === 'ended') {
      throw new SqlError('the transaction has ended', { code: 'ended' });
    }
  }
}
