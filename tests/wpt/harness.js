// Runs one file of the web platform tests in an instance of its own: the request's body says which scripts, in order. The
// answer is what testharness.js made of them.

/** Milliseconds after which what has not ended is reported as it is. */
const TIMEOUT = 20_000;

const evaluate = eval;

function prepare(url) {
  const { href, origin, protocol, host, hostname, port, pathname, search } = new URL(url);
  const location = { href, origin, protocol, host, hostname, port, pathname, search, hash: '', toString: () => href };
  Object.assign(globalThis, {
    location,
    GLOBAL: { isWindow: () => false, isWorker: () => false, isShadowRealm: () => false },
    // Tests come to the constructor of shared buffers through it.
    WebAssembly: {
      Memory: class {
        buffer = new SharedArrayBuffer(0);
      },
    },
  });
  addEventListener('unhandledrejection', (event) => event.preventDefault());
  addEventListener('error', (event) => event.preventDefault());
  const { fetch, Request } = globalThis;
  const absolute = (input) => (input instanceof Request ? input : new URL(input, href).href);
  globalThis.fetch = async (input, init) => fetch(absolute(input), init);
  globalThis.Request = new Proxy(Request, {
    construct: (target, [input, ...rest], newTarget) => Reflect.construct(target, [absolute(input), ...rest], newTarget),
  });
}

function outcome() {
  return new Promise((resolve) => {
    const names = ['pass', 'fail', 'timeout', 'notrun', 'fail'];
    const summary = (tests, harness) => ({
      harness: harness.message ?? null,
      tests: tests.map(({ name, status, message }) => ({ name, status: names[status], message })),
    });
    add_completion_callback((tests, harness) => resolve(summary(tests, harness)));
    const all = [];
    add_result_callback((test) => all.push(test));
    setTimeout(() => resolve(summary(all, { message: 'it did not end' })), TIMEOUT);
  });
}

export default async function run(request) {
  const { url, scripts } = await request.json();
  prepare(url);
  const [harness, ...rest] = scripts;
  evaluate(harness);
  setup({ explicit_timeout: true });
  const ended = outcome();
  // idlharness.js asks what kind of scope this is, testharness.js must not.
  globalThis.DedicatedWorkerGlobalScope = class {
    static [Symbol.hasInstance](value) {
      return value === globalThis;
    }
  };
  try {
    // As one script, so that they see each other's constants.
    evaluate(rest.join('\n;\n'));
  } catch (error) {
    return Response.json({ harness: String(error), tests: [] });
  }
  done();
  return Response.json(await ended);
}
