// Uses the web platform as functions do; the path says what of it.

const routes = [
  [new URLPattern({ pathname: '/notes/:id(\\d+)' }), ({ pathname }) => ({ note: Number(pathname.groups.id) })],
  [new URLPattern({ pathname: '/files/*' }), ({ pathname }) => ({ file: pathname.groups[0] })],
];

async function upload(request) {
  const form = await request.formData();
  const file = form.get('file');
  const answer = new FormData();
  answer.append('title', form.get('title'));
  answer.append('file', new File([file], `copy-of-${file.name}`, { type: file.type }));
  return new Response(answer);
}

function through(request, stream) {
  return new Response(request.body.pipeThrough(stream));
}

/** Lines of a body in capitals, however it is cut. */
function capitals(request) {
  let rest = '';
  const lines = new TransformStream({
    transform(chunk, controller) {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop();
      for (const part of parts) controller.enqueue(`${part.toUpperCase()}\n`);
    },
    flush(controller) {
      if (rest) controller.enqueue(rest.toUpperCase());
    },
  });
  const text = request.body.pipeThrough(new TextDecoderStream()).pipeThrough(lines);
  return new Response(text.pipeThrough(new TextEncoderStream()));
}

async function twice(request) {
  const [one, two] = request.body.tee();
  const read = async (stream) => {
    let length = 0;
    for await (const chunk of stream) length += chunk.length;
    return length;
  };
  return Response.json(await Promise.all([read(one), read(two)]));
}

async function intoOwnBuffer() {
  const stream = new ReadableStream({
    type: 'bytes',
    pull(controller) {
      const { view } = controller.byobRequest;
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(7);
      controller.byobRequest.respond(view.byteLength);
    },
  });
  const { value } = await stream.getReader({ mode: 'byob' }).read(new Uint8Array(3));
  return Response.json([...value]);
}

async function aborts() {
  const seen = [];
  const controller = new AbortController();
  const any = AbortSignal.any([controller.signal, AbortSignal.timeout(60_000)]);
  any.addEventListener('abort', (event) => seen.push(event.type), { once: true });
  controller.abort(new Error('enough'));
  seen.push(any.reason.message);
  const late = AbortSignal.timeout(1);
  await new Promise((resolve) => late.addEventListener('abort', resolve));
  seen.push(late.reason.name);
  try {
    await fetch('http://127.0.0.1:1/', { signal: late });
  } catch (error) {
    seen.push(error.name);
  }
  return Response.json(seen);
}

function clones() {
  const original = { when: new Date(0), map: new Map([['a', new Set([1n])]]), error: new RangeError('far'), list: [1, , 3] };
  original.self = original;
  const copy = structuredClone(original);
  const buffer = new ArrayBuffer(8);
  const [moved] = structuredClone([buffer], { transfer: [buffer] });
  let refusal;
  try {
    structuredClone({ call() {} });
  } catch (error) {
    refusal = [error.name, error instanceof DOMException];
  }
  return Response.json({
    whole: copy !== original && copy.self === copy && copy.map.get('a').has(1n) && !(1 in copy.list),
    when: copy.when,
    error: [copy.error instanceof RangeError, copy.error.message],
    moved: [buffer.detached, moved.byteLength],
    refusal,
  });
}

async function decodes(request) {
  const label = new URL(request.url).searchParams.get('label');
  return new Response(new TextDecoder(label, { fatal: true }).decode(await request.bytes()));
}

function urls(request) {
  const url = new URL('../b?x=1&x=2#top', 'https://user@bücher.example:8443/a/c');
  url.searchParams.append('größe', '1 & 2');
  url.searchParams.delete('x', '1');
  url.port = '443';
  return Response.json([url.href, url.origin, URL.canParse('no url'), new URL(request.url).searchParams.getAll('q')]);
}

async function messages() {
  const { port1, port2 } = new MessageChannel();
  const heard = new Promise((resolve) => {
    port2.onmessage = ({ data }) => resolve(data);
  });
  port1.postMessage({ at: new Date(5) });
  const target = new EventTarget();
  let detail;
  target.addEventListener('ready', (event) => {
    detail = event.detail;
  });
  target.dispatchEvent(new CustomEvent('ready', { detail: 'now' }));
  const { at } = await heard;
  const spent = performance.measure('all', { start: 0, duration: 5 }).duration;
  return Response.json([at.getTime(), detail, spent, performance.now() >= 0, navigator.userAgent.split('/')[0]]);
}

const areas = {
  '/upload': upload,
  '/gzip': (request) => through(request, new CompressionStream('gzip')),
  '/gunzip': (request) => through(request, new DecompressionStream('gzip')),
  '/inflate': (request) => through(request, new DecompressionStream('deflate')),
  '/capitals': capitals,
  '/twice': twice,
  '/byob': intoOwnBuffer,
  '/aborts': aborts,
  '/clones': clones,
  '/decodes': decodes,
  '/urls': urls,
  '/messages': messages,
};

export default async function handler(request) {
  for (const [pattern, answer] of routes) {
    const match = pattern.exec(request.url);
    if (match) return Response.json(answer(match));
  }
  return areas[new URL(request.url).pathname](request);
}
