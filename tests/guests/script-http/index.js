// Requests and responses, one case for each path.
const encode = (text) => new TextEncoder().encode(text);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a piece of code gives, or the name of what it throws. */
async function outcome(work) {
  try {
    return await work();
  } catch (error) {
    return `${error.name}`;
  }
}

const cases = {
  '/request': async (request) => ({
    method: request.method,
    url: request.url,
    headers: Object.fromEntries(request.headers),
    isRequest: request instanceof Request,
    body: await request.text(),
    bodyUsed: request.bodyUsed,
  }),
  '/echo': (request) => new Response(request.body),
  '/echo-bytes': async (request) => new Response(await request.arrayBuffer()),
  '/echo-through-script': (request) => {
    const through = new TransformStream({ transform: (chunk, controller) => controller.enqueue(chunk) });
    return new Response(request.body.pipeThrough(through));
  },
  '/first-chunk': async (request) => {
    const reader = request.body.getReader();
    const { value } = await reader.read();
    return new Response(value);
  },
  '/events': () => {
    let count = 0;
    const stream = new ReadableStream({
      async pull(controller) {
        if (count > 0) await sleep(600_000);
        controller.enqueue(encode(`data: ${count++}\n\n`));
      },
    });
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } });
  },
  '/broken-stream': () =>
    new Response(
      new ReadableStream({
        async start(controller) {
          controller.enqueue(encode('half'));
          await sleep(20);
          controller.error(new Error('out of words'));
        },
      }),
    ),
  '/cookies': () => {
    const headers = new Headers({ 'x-one': '1' });
    headers.append('set-cookie', 'a=1; Path=/');
    headers.append('set-cookie', 'b=2');
    headers.append('x-one', '2');
    return new Response(null, { headers });
  },
  '/status': (request) => new Response(null, { status: Number(new URL(request.url).searchParams.get('code')) }),
  '/wrong-length': () => new Response('four', { headers: { 'content-length': '400' } }),
  '/no-body': () => new Response(null, { headers: { 'content-length': '12345' } }),
  '/json': () => Response.json({ a: [1, 'zwei', null] }, { status: 201 }),
  '/redirect': (request) => Response.redirect(new URL('/json', request.url), 307),
  '/blob': () => new Response(new Blob(['<p>', 'x'], { type: 'text/html' })),
  '/form': async (request) => {
    const form = await request.formData();
    const pairs = [];
    for (const [name, value] of form) {
      pairs.push([name, typeof value === 'string' ? value : [value.name, value.type, [...(await value.bytes())]]]);
    }
    return Response.json(pairs);
  },
  '/duck': () => ({ status: 203, headers: new Map([['x-duck', 'yes']]), text: async () => 'quack' }),
  '/types': async () =>
    Response.json({
      text: new Response('a').headers.get('content-type'),
      bytes: new Response(encode('a')).headers.get('content-type'),
      query: new Response(new URLSearchParams({ a: 'b' })).headers.get('content-type'),
      json: Response.json(1).headers.get('content-type'),
      blob: new Response(new Blob(['a'], { type: 'image/png' })).headers.get('content-type'),
      form: new Response(new FormData()).headers.get('content-type').split(';')[0],
      own: new Response('a', { headers: { 'Content-Type': 'text/css' } }).headers.get('content-type'),
    }),
  '/bodies': async () =>
    Response.json({
      again: await outcome(async () => {
        const response = new Response('a');
        return (await response.text()) + (await response.text());
      }),
      clone: await outcome(async () => {
        const response = new Response('a');
        const copy = response.clone();
        return (await response.text()) + (await copy.text());
      }),
      cloneOfStream: await outcome(async () => {
        const response = new Response(new Response('a').body);
        const copy = response.clone();
        return (await response.text()) + (await copy.text());
      }),
      locked: await outcome(() => {
        const response = new Response('a');
        response.body.getReader();
        return response.text();
      }),
      bytes: [...(await new Response('ä').bytes())],
      mark: await new Response(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0xff)).text(),
      json: await outcome(() => new Response('{').json()),
      nothing: [await new Response().text(), new Response().body],
      text: await outcome(() => new Response(new ReadableStream({ start: (c) => (c.enqueue('text'), c.close()) })).text()),
      form: await outcome(() => new Response('a').formData()),
      status: await outcome(() => new Response('a', { status: 204 })),
      range: await outcome(() => new Response('a', { status: 99 })),
      get: await outcome(() => new Request('http://a/', { body: 'a' })),
      method: await outcome(() => new Request('http://a/', { method: 'CONNECT' })),
      credentials: await outcome(() => new Request('http://a:b@c/')),
    }),
  '/headers': async () =>
    Response.json({
      sorted: [...new Headers([['b', '1'], ['A', ' 2 '], ['B', '3']])],
      cookies: [...new Headers([['set-cookie', '1'], ['Set-Cookie', '2']])],
      name: await outcome(() => new Headers({ 'a b': '1' })),
      value: await outcome(() => new Headers({ a: '1\n2' })),
      pair: await outcome(() => new Headers([['a']])),
      immutable: await outcome(() => Response.error().headers.append('a', 'b')),
      has: new Headers({ a: '' }).has('A'),
    }),
  '/wait-until': (request, context) => {
    context.waitUntil(sleep(30).then(() => console.log('waited')));
    setTimeout(() => console.log('dropped'), 600_000);
    return new Response('answered');
  },
  '/timers': async () => {
    const order = [];
    setTimeout(() => order.push('late'), 20);
    setTimeout((...words) => order.push(...words), 0, 'zero', 'arguments');
    const cleared = setTimeout(() => order.push('cleared'), 5);
    clearTimeout(cleared);
    queueMicrotask(() => order.push('microtask'));
    let ticks = 0;
    const interval = setInterval(() => {
      order.push(`tick ${++ticks}`);
      if (ticks === 2) clearInterval(interval);
    }, 2);
    await sleep(40);
    return Response.json(order);
  },
  '/random': () => Response.json([Math.random(), Math.random()]),
};

module.exports = async function (request, context) {
  const path = new URL(request.url).pathname;
  const work = cases[path] ?? fetches[path];
  if (!work) return new Response('no such case', { status: 404 });
  const result = await work(request, context);
  return result instanceof Response || typeof result.text === 'function' ? result : Response.json(result);
};

/** The address of another server, which a request names. */
const other = (request, path = '') => new URL(request.url).searchParams.get('to') + path;

const fetches = {
  '/fetch': (request) => fetch(other(request), { method: request.method, body: request.body }),
  '/fetch-text': async (request) => {
    const response = await fetch(other(request), { method: 'POST', body: 'sent', headers: { 'x-own': 'yes' } });
    return Response.json({
      status: response.status,
      statusText: response.statusText,
      ok: response.ok,
      url: response.url,
      redirected: response.redirected,
      type: response.headers.get('content-type'),
      text: await response.text(),
    });
  },
  '/fetch-redirected': async (request) => {
    const manual = await fetch(other(request), { redirect: 'manual' });
    return Response.json({
      manual: [manual.status, manual.headers.get('location')],
      error: await outcome(() => fetch(other(request), { redirect: 'error' })),
      stream: await outcome(() => fetch(other(request), { method: 'POST', body: new Response('a').body, duplex: 'half' })),
      follow: await fetch(other(request)).then(async (response) => [response.redirected, response.url, await response.json()]),
    });
  },
  '/fetch-refused': async (request) => {
    try {
      await fetch(other(request));
    } catch (error) {
      return Response.json([error.name, error.message]);
    }
  },
  '/fetch-aborted': async (request) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    return Response.json({
      already: await outcome(() => fetch(other(request), { signal: AbortSignal.abort() })),
      later: await outcome(() => fetch(other(request), { signal: controller.signal })),
      timeout: await outcome(() => fetch(other(request), { signal: AbortSignal.timeout(20) })),
    });
  },
  '/fetch-data': async () => new Response(await fetch('data:text/plain;base64,aGVsbG8=').then((data) => data.text())),
  '/fetch-scheme': async () => Response.json(await outcome(() => fetch('ftp://example.com/'))),
  '/fetch-gzip': async (request) => {
    const response = await fetch(other(request));
    return Response.json([response.headers.get('content-encoding'), response.headers.get('content-length'), await response.text()]);
  },
  '/gzip': () => {
    const compressed = new Response('unpacked').body.pipeThrough(new CompressionStream('gzip'));
    return new Response(compressed, { headers: { 'content-encoding': 'gzip', 'content-type': 'text/plain' } });
  },
};
