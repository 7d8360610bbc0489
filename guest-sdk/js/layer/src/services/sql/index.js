import { native } from '../../native.js';
import { done, settled } from '../call.js';
import { SqlError } from '../errors.js';
import { batches } from './batches.js';
import { Identifier, Statement, Text } from './statement.js';
import { Transaction } from './transaction.js';
import { Json } from './value.js';

const host = native.services.sql;

/** The template tag, over what runs statements. */
function tag(runner) {
  const sql = (strings, ...values) => {
    if (!Array.isArray(strings?.raw)) throw new TypeError('sql is a template tag; sql.query takes a text');
    return new Statement(runner, strings, values);
  };
  sql.query = (text, parameters = []) => new Text(runner, text, parameters);
  sql.identifier = (...names) => new Identifier(names);
  sql.json = (value) => new Json(value);
  return sql;
}

/** Statements on their own, as the caller or as the platform. */
function session(service) {
  const sql = tag({
    query: (text, parameters, stack) => settled(SqlError, () => host.query(service, text, parameters), stack),
    stream: (text, parameters) => batches(done(SqlError, () => host.stream(service, text, parameters))),
  });
  sql.begin = (work) => begin(service, work);
  return sql;
}

/** Runs `work` in a transaction, which lasts if it succeeds. */
async function begin(service, work) {
  if (typeof work !== 'function') throw new TypeError('a transaction is a function of its statements’ tag');
  const transaction = new Transaction(await settled(SqlError, () => host.begin(service)));
  try {
    const result = await work(tag(transaction));
    await transaction.commit();
    return result;
  } catch (error) {
    // Whatever comes of it, the error is what the author wants to know; the connection is given back either way.
    await transaction.rollback().catch(() => {});
    throw error;
  }
}

const service = Object.freeze(session(true));

export const sql = Object.freeze(Object.assign(session(false), { asService: () => service }));
