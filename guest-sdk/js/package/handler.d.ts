/** What is known of an invocation beside its request. */
export interface Context {
  /** Keeps the invocation running after its response until the promise is settled, within its limits. */
  waitUntil(work: PromiseLike<unknown>): void;
}

/**
 * What a function is: `export default`, or `module.exports`.
 *
 * An error that it throws answers with the error's `status`, 500 without one, and `{"error":"<message>"}`. A response that it throws is the answer.
 */
export type Handler = (request: Request, context: Context) => Response | PromiseLike<Response>;
