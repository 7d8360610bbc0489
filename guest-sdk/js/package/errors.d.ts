/**
 * What a service did not do, and why. Each service has a class of its own.
 *
 * An error that a handler does not catch answers the request: with `status`, and with `{"error":"<message>"}`.
 */
export class ServiceError extends Error {
  constructor(message: string, options?: { code?: string; status?: number; details?: object; cause?: unknown });
  /** What went wrong, in words with hyphens, such as `not-granted`. Each class lists its own. */
  readonly code: string;
  /** The HTTP status that a caller gets who is told nothing else. */
  readonly status: number;
}

/**
 * A statement without a result.
 *
 * | `code` | means |
 * |---|---|
 * | `not-granted` | the function is not granted what it asks for; the message names the grant |
 * | `unavailable` | no database behind the runtime, it does not answer, or all connections are in use: `503` |
 * | `invalid-credential` | the caller's credential is not valid: `401` |
 * | `database` | PostgreSQL refused the statement, which had no effect: `403` without a right to it, `409` for a violated unique constraint |
 * | `invalid-parameter`, `invalid-statement` | a parameter does not fit; not one statement with as many parameters |
 * | `too-many-rows`, `too-large`, `too-many-open` | a limit |
 * | `busy` | rows of the transaction are being read |
 * | `ended` | the transaction has ended |
 * | `timeout` | the invocation's time is over: `504` |
 * | `connection-lost` | the connection broke; an open transaction is rolled back: `503` |
 * | `unsupported` | something that does not go through this interface, such as `COPY` |
 */
export class SqlError extends ServiceError {
  /** With `database`: the five characters of its SQLSTATE, such as `23505` for a violated unique constraint. */
  readonly sqlstate?: string;
  /** With `database`: more of PostgreSQL's message. */
  readonly detail?: string;
  /** With `database`: what to do. */
  readonly hint?: string;
  /** With `database`: where in the statement, counted in characters from 1. */
  readonly position?: number;
  /** With `database`: the schema of what it is about. */
  readonly schema?: string;
  /** With `database`: the table. */
  readonly table?: string;
  /** With `database`: the column. */
  readonly column?: string;
  /** With `database`: the constraint that was violated. */
  readonly constraint?: string;
}

/**
 * A request to PostgREST without a result.
 *
 * | `code` | means |
 * |---|---|
 * | `not-granted` | the function is not granted what it asks for; the message names the grant |
 * | `invalid-credential` | the caller's credential is not valid: `401` |
 * | `invalid-request` | no request for PostgREST |
 * | `unavailable` | no PostgREST behind this runtime: `503` |
 * | `unreachable` | PostgREST gave no answer: `502`, or `504` where it ran out of time |
 * | `refused` | PostgREST or the database refused: its own status below 500, else `502` |
 * | `no-row` | one row was asked for, and there is none: `404` |
 */
export class RestError extends ServiceError {
  /** With `refused`: PostgREST's own code, `PGRST116`, or PostgreSQL's, `42501`. */
  readonly reason?: string;
  /** With `refused`: the status of PostgREST's response. */
  readonly responseStatus?: number;
  /** With `refused`: more about it. */
  readonly details?: string;
  /** With `refused`: what might help. */
  readonly hint?: string;
}

/**
 * An operation of storage that failed. Nothing was changed then, but for what `backend` says.
 *
 * | `code` | means |
 * |---|---|
 * | `not-granted` | the function is not granted what it asks for; the message names the grant |
 * | `unavailable` | no storage behind the runtime: `503` |
 * | `invalid-credential` | the caller's credential is not valid: `401` |
 * | `no-such-bucket`, `no-such-object` | it is not there, or the caller does not see it: `404` |
 * | `forbidden` | row-level security does not let the caller do it: `403` |
 * | `invalid-bucket`, `invalid-key`, `invalid-content-type`, `wrong-size` | `400` |
 * | `too-large` | larger than the platform accepts: `413` |
 * | `range-not-satisfiable` | the object has no such bytes: `416` |
 * | `timeout` | the invocation's time is over: `504` |
 * | `broken` | the body broke off |
 * | `backend` | the database or the store failed; of an object that was being replaced, either version is there: `502` |
 */
export class StorageError extends ServiceError {}

/**
 * A message that was not published.
 *
 * | `code` | means |
 * |---|---|
 * | `not-granted` | the function is not granted the channel; the message names the grant |
 * | `no-such-channel` | no enabled channel has this name or a pattern that fits it: `404` |
 * | `invalid-message` | no name of a channel or an event, or the payload is no object |
 * | `invalid-json` | the payload cannot be written as JSON |
 * | `too-large` | the payload is too large |
 * | `unavailable` | there is no realtime behind this runtime, or the database does not answer: `503` |
 * | `timeout` | the invocation's time was over first; whether it was published is not known: `504` |
 */
export class RealtimeError extends ServiceError {}

/**
 * Nothing is known of who calls.
 *
 * | `code` | means |
 * |---|---|
 * | `not-granted` | the function is not granted to ask; the message names the grant |
 * | `invalid-credential` | the credential is malformed, expired, or signed by somebody else: `401` |
 * | `unavailable` | there are no keys or no users behind this runtime, or they cannot be asked: `503` |
 * | `timeout` | there was no answer in time: `504` |
 */
export class AuthError extends ServiceError {}

/**
 * A call of a model that failed.
 *
 * | `code` | means |
 * |---|---|
 * | `not-granted` | the function is not granted the model; the message names the grant |
 * | `unavailable` | no endpoint, no key, or no way there: `503` |
 * | `model-not-allowed` | the operator does not allow the model |
 * | `invalid-request` | the request cannot be meant; nothing was sent |
 * | `rate-limited` | the endpoint wants fewer requests: `503` |
 * | `provider` | the endpoint refused or failed: `502` |
 * | `invalid-response` | its answer cannot be read: `502` |
 * | `broken` | the answer broke off; what came before is good: `502` |
 * | `timeout` | the endpoint was silent for too long: `504` |
 * | `too-large` | the request or the answer is over its limit |
 */
export class AiError extends ServiceError {
  /** With `rate-limited`: seconds until the endpoint wants another request, where it says. */
  readonly retryAfter?: number;
  /** With `provider`: the endpoint's status. */
  readonly providerStatus?: number;
}

/**
 * A call on a key-value bucket that failed.
 *
 * | `code` | means |
 * |---|---|
 * | `no-such-bucket` | a bucket cannot have this name |
 * | `not-granted` | the function is not granted this bucket |
 * | `unavailable` | the store cannot be reached: `503` |
 * | `timeout` | the store did not answer in time: `504` |
 * | `invalid-key` | the key cannot be one |
 * | `too-large` | a value or a batch is over its limit |
 * | `full` | the function keeps as much as it may: `507` |
 * | `not-a-number` | what was to be incremented is no number |
 * | `invalid-json` | a value is not JSON, or cannot be |
 */
export class KvError extends ServiceError {}

/**
 * A file that could not be read or written.
 *
 * | `code` | means |
 * |---|---|
 * | `no-such-file` | there is none: `404` |
 * | `forbidden` | the path leads out of the directory, or it is read-only |
 * | `full` | the scratch directory holds as much as it may: `507` |
 * | `invalid-json` | the file is not JSON |
 * | `other` | anything else |
 */
export class FilesError extends ServiceError {}

/**
 * A call of another function without a response. A response of any status is none of these, but for `status`.
 *
 * | `code` | means |
 * |---|---|
 * | `not-granted` | the function's capabilities do not name the other one |
 * | `unknown` | no active function has this name: `502` |
 * | `depth-exceeded` | functions call each other in a circle, or too many in a row: `508` |
 * | `overloaded` | there was no place to run it in time: `503` |
 * | `too-many-calls` | the invocation has made, or has open, as many requests as it may |
 * | `unavailable` | there is nothing that runs functions here: `503` |
 * | `invalid-request` | the request cannot be sent |
 * | `no-answer` | it broke off before there was an answer: `502` |
 * | `status` | `functions.invoke` got an answer that is no success: `502` |
 * | `body` | `functions.invoke` got no JSON: `502` |
 */
export class FunctionsError extends ServiceError {
  /** With `status`: the answer's status. */
  readonly responseStatus?: number;
}

/** A setting that is not there or cannot be read: `not-set`, `unavailable`. */
export class ConfigError extends ServiceError {}
