import { here } from '../call.js';
import { parameter } from './value.js';

/** A name in a statement, quoted. */
export class Identifier {
  constructor(names) {
    if (names.length === 0) throw new TypeError('an identifier has a name');
    this.text = names.map((name) => `"${String(name).replaceAll('"', '""')}"`).join('.');
  }
}

/**
 * A statement. Awaited, it runs and all its rows are there; iterated, it runs and its rows are read as they are asked for.
 * Within another statement it is a part of it, and does not run itself.
 */
export class Statement {
  #runner;
  #strings;
  #values;
  #result;
  #stack = here();

  /** A template's texts and what is between them. */
  constructor(runner, strings, values) {
    this.#runner = runner;
    this.#strings = strings;
    this.#values = values;
  }

  /** Its text, with `$1` and so on, and its parameters. */
  write(text = '', parameters = []) {
    let written = text + this.#strings[0];
    this.#values.forEach((value, index) => {
      if (value instanceof Statement) {
        ({ text: written } = value.write(written, parameters));
      } else if (value instanceof Identifier) {
        written += value.text;
      } else {
        written += `$${parameters.push(parameter(value))}`;
      }
      written += this.#strings[index + 1];
    });
    return { text: written, parameters };
  }

  then(fulfilled, rejected) {
    this.#result ??= this.#run();
    return this.#result.then(fulfilled, rejected);
  }

  catch(rejected) {
    return this.then(undefined, rejected);
  }

  finally(work) {
    return this.then().finally(work);
  }

  async #run() {
    const { text, parameters } = this.write();
    const { rows, count } = await this.#runner.query(text, parameters, this.#stack);
    Object.defineProperty(rows, 'count', { value: count });
    return rows;
  }

  async first() {
    return (await this)[0];
  }

  async value() {
    const row = await this.first();
    return row && Object.values(row)[0];
  }

  async *[Symbol.asyncIterator]() {
    const { text, parameters } = this.write();
    yield* this.#runner.stream(text, parameters);
  }
}

/** A statement whose text has `$1` and so on already. It is no part of another one. */
export class Text extends Statement {
  #text;
  #parameters;

  constructor(runner, text, parameters) {
    super(runner, [], []);
    this.#text = String(text);
    this.#parameters = parameters.map(parameter);
  }

  write(before) {
    if (before !== undefined) throw new TypeError('a statement with parameters of its own is no part of another one');
    return { text: this.#text, parameters: this.#parameters };
  }
}
