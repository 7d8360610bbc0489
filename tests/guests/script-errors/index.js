// Everything that can go wrong in a handler; the query says what.
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class OrderError extends Error {
  constructor(message) {
    super(message);
    this.name = 'OrderError';
    Error.captureStackTrace(this, OrderError);
  }
}

function failDeeply() {
  throw new OrderError('no tea');
}

const faults = {
  error: () => {
    throw new Error('boom');
  },
  status: () => {
    throw Object.assign(new Error('short and stout'), { status: 418 });
  },
  'odd-status': () => {
    throw Object.assign(new Error('odd'), { status: 42 });
  },
  response: () => {
    throw new Response('mine', { status: 409, headers: { 'x-own': 'yes' } });
  },
  string: () => {
    throw 'text';
  },
  null: () => {
    throw null;
  },
  empty: () => {
    throw new Error();
  },
  'returns-undefined': () => undefined,
  'returns-null': () => null,
  'returns-object': () => ({ a: 1 }),
  'returns-string': () => 'text',
  'late-throw': async () => {
    setTimeout(function tick() {
      throw new Error('late');
    }, 1);
    await sleep(600_000);
  },
  'throw-after-response': (context) => {
    setTimeout(() => {
      throw new Error('too late');
    }, 1);
    context.waitUntil(sleep(20));
    return new Response('answered');
  },
  'unhandled-rejection': async () => {
    Promise.reject(new Error('nobody listens'));
    await sleep(600_000);
  },
  'handled-later': async () => {
    const rejected = Promise.reject(new Error('somebody listens'));
    await null;
    await rejected.catch(() => {});
    return new Response('fine');
  },
  'rejected-wait': (context) => {
    context.waitUntil(Promise.reject(new Error('work failed')));
    return new Response('answered');
  },
  'prevented-rejection': async () => {
    addEventListener('unhandledrejection', (event) => event.preventDefault());
    Promise.reject(new Error('heard'));
    await sleep(5);
    return new Response('fine');
  },
  microtask: async () => {
    queueMicrotask(() => {
      throw new Error('in a microtask');
    });
    await sleep(600_000);
  },
  never: () => new Promise(() => {}),
  'never-ending-stream': () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) })),
  stack: () => failDeeply(),
  'stack-text': () => {
    try {
      failDeeply();
    } catch (error) {
      return new Response(error.stack);
    }
  },
  'thrown-within': () => [1].map(() => JSON.parse('{')),
  cause: () => {
    throw new Error('outer', { cause: new TypeError('inner') });
  },
  report: () => {
    reportError(new Error('reported'));
    return new Response('fine');
  },
  console: () => {
    console.debug('debug %s', 'line');
    console.log('plain', { a: [1, { b: new Map([['k', 1]]) }] }, 10n, null);
    console.info('info');
    console.warn('warn');
    console.error(new RangeError('shown'));
    console.trace('traced');
    console.assert(1 === 2, 'not equal');
    return new Response('fine');
  },
};

export default async function handle(request, context) {
  return faults[new URL(request.url).search.slice(1)](context);
}
