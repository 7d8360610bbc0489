import { RestError } from '../errors.js';
import { accepted, json } from './send.js';

/** How filters compare, by the names that PostgREST has for it. */
const COMPARISONS = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'like', 'ilike', 'is'];

function written(value) {
  return value instanceof Date ? value.toISOString() : String(value);
}

function quoted(value) {
  return `"${written(value).replace(/["\\]/g, '\\$&')}"`;
}

/** A request for rows of a table, which is put together and then awaited. */
export class Query {
  #table;
  #method = 'GET';
  #parameters = [];
  #prefer = [];
  #schema;
  #asService = false;
  #body;
  #rows;

  constructor(table) {
    this.#table = String(table);
  }

  select(columns) {
    return this.parameter('select', columns);
  }

  in(column, values) {
    return this.parameter(column, `in.(${Array.from(values, quoted).join(',')})`);
  }

  filter(column, operator, value) {
    return this.parameter(column, `${operator}.${written(value)}`);
  }

  or(conditions) {
    return this.parameter('or', `(${conditions})`);
  }

  order(columns) {
    return this.parameter('order', columns);
  }

  limit(rows) {
    return this.parameter('limit', rows);
  }

  offset(rows) {
    return this.parameter('offset', rows);
  }

  parameter(name, value) {
    this.#parameters.push([name, String(value)]);
    return this;
  }

  schema(name) {
    this.#schema = name;
    return this;
  }

  asService() {
    this.#asService = true;
    return this;
  }

  insert(rows) {
    return this.#write('POST', rows);
  }

  upsert(rows) {
    this.#prefer.push('resolution=merge-duplicates');
    return this.#write('POST', rows);
  }

  update(change) {
    return this.#write('PATCH', change);
  }

  delete() {
    this.#method = 'DELETE';
    return this;
  }

  #write(method, value) {
    this.#method = method;
    this.#body = JSON.stringify(value);
    return this;
  }

  then(fulfilled, rejected) {
    this.#rows ??= this.#fetch();
    return this.#rows.then(fulfilled, rejected);
  }

  async #fetch() {
    if (this.#method !== 'GET') this.#prefer.push('return=representation');
    return json(await this.send());
  }

  async first() {
    if (this.#method === 'GET') this.limit(1);
    return (await this)[0];
  }

  async one() {
    const row = await this.first();
    if (row === undefined) throw new RestError('there is no such row', { code: 'no-row', status: 404 });
    return row;
  }

  async count() {
    this.#method = 'HEAD';
    this.#prefer.push('count=exact');
    const range = (await this.send()).headers.get('content-range');
    const total = Number(range?.split('/')[1] ?? NaN);
    if (Number.isInteger(total)) return total;
    throw new RestError('PostgREST did not count', { code: 'unreachable', status: 502 });
  }

  async execute() {
    this.#prefer.push('return=minimal');
    await (await this.send()).body?.cancel();
  }

  send() {
    const query = new URLSearchParams(this.#parameters);
    const headers = {};
    if (this.#prefer.length > 0) headers.prefer = this.#prefer.join(', ');
    if (this.#schema !== undefined) headers[isRead(this.#method) ? 'accept-profile' : 'content-profile'] = this.#schema;
    if (this.#body !== undefined) headers['content-type'] = 'application/json';
    const target = `/${encodeURIComponent(this.#table)}${query.size > 0 ? `?${query}` : ''}`;
    return accepted(target, { method: this.#method, headers, body: this.#body, asService: this.#asService });
  }
}

function isRead(method) {
  return method === 'GET' || method === 'HEAD';
}

for (const comparison of COMPARISONS) {
  Object.defineProperty(Query.prototype, comparison, {
    value(column, value) {
      return this.filter(column, comparison, value);
    },
    writable: true,
    configurable: true,
  });
}
