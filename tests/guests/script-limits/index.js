// Scripts that never end, or that want everything; the query says which.
function recurse(depth) {
  return recurse(depth + 1) + 1;
}

const excesses = {
  fine: () => new Response('fine'),
  loop: () => {
    for (;;);
  },
  regex: () => /^(a+)+$/.test(`${'a'.repeat(64)}b`),
  promises: async () => {
    for (;;) await null;
  },
  timers: async () => {
    for (;;) await new Promise((resolve) => setTimeout(resolve, 0));
  },
  sleep: () => new Promise((resolve) => setTimeout(resolve, 600_000)),
  json: () => JSON.parse(`[${'['.repeat(100)}${'{"a":1},'.repeat(40_000_000)}`),
  array: () => {
    const all = [];
    for (;;) all.push(new Array(1000).fill(0));
  },
  'typed-array': () => new Uint8Array(1024 * 1024 * 1024),
  string: () => {
    let text = 'x';
    for (;;) text = text.padEnd(text.length * 2, 'y');
  },
  'caught-memory': () => {
    const all = [];
    try {
      for (;;) all.push(new Uint8Array(1024 * 1024));
    } catch (error) {
      const count = all.length;
      all.length = 0;
      return Response.json([error.name, error.message, count]);
    }
  },
  recursion: () => recurse(0),
  'caught-recursion': () => {
    try {
      recurse(0);
    } catch (error) {
      return Response.json([error.name, error.message]);
    }
  },
  'nested-json': () => JSON.parse('['.repeat(1_000_000)),
  nesting: () => Response.json([typeof JSON.parse('['.repeat(1000) + ']'.repeat(1000)), deep(400)]),
};

/** Calls that deep are nothing out of the ordinary. */
function deep(depth) {
  return depth === 0 ? 0 : 1 + [depth].map((value) => deep(value - 1))[0];
}

export default {
  fetch: (request) => excesses[new URL(request.url).search.slice(1) || 'fine'](),
};
