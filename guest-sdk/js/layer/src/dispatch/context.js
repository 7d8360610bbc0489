// What a handler is given beside its request.
import { logUncaught, stopIfOutOfMemory } from '../errors/report.js';
import { native } from '../native.js';

export class Context {
  /** Has the instance stay after its response until a promise is settled, within the limits. */
  waitUntil(promise) {
    if (arguments.length === 0) throw new TypeError('waitUntil: 1 argument required, but only 0 present');
    native.invocation.hold();
    Promise.resolve(promise).then(native.invocation.release, (reason) => {
      stopIfOutOfMemory(reason);
      logUncaught(reason);
      native.invocation.release();
    });
  }

  /** For code that calls it; there is nothing to pass a request through to, so that errors are answered as ever. */
  passThroughOnException() {}
}
