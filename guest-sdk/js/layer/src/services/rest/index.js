import { Query } from './query.js';
import { accepted, json, send } from './send.js';

/** A call of a function of the database's, which is awaited. */
class Call {
  #name;
  #arguments;
  #schema;
  #asService = false;
  #result;

  constructor(name, args) {
    this.#name = String(name);
    this.#arguments = args;
  }

  schema(name) {
    this.#schema = name;
    return this;
  }

  asService() {
    this.#asService = true;
    return this;
  }

  then(fulfilled, rejected) {
    this.#result ??= this.send().then(json);
    return this.#result.then(fulfilled, rejected);
  }

  send() {
    const headers = { 'content-type': 'application/json' };
    if (this.#schema !== undefined) headers['content-profile'] = this.#schema;
    const body = JSON.stringify(this.#arguments);
    return accepted(`/rpc/${encodeURIComponent(this.#name)}`, { method: 'POST', headers, body, asService: this.#asService });
  }
}

export const rest = Object.freeze({
  from: (table) => new Query(table),
  rpc: (name, args = {}) => new Call(name, args),
  send,
});
