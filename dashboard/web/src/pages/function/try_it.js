import { h } from '../../dom/element.js';
import { patch } from '../../dom/patch.js';
import { credentials } from '../../api/session.js';
import { SHOWN_BYTES, isText, pretty, target } from '../../logic/answer.js';
import { bytes, millis, shortId } from '../../logic/format.js';
import { to } from '../../router.js';
import { announce } from '../../ui/announce.js';
import { statusBadge } from '../../ui/badge.js';
import { button } from '../../ui/button.js';
import { save } from '../../ui/file.js';
import { area, pairs, select, text } from '../../ui/form.js';
import { card } from '../../ui/page.js';
import { notice } from '../../ui/state.js';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const CALLERS = [
  ['nobody', 'Nobody'],
  ['admin', 'Administrator'],
  ['token', 'Token or key'],
];

/** Sends a request to the function and shows the answer while it comes. */
export function tryIt({ slug, data }, { signal }) {
  const controls = inputs(slug, data);
  const result = h('div', { class: 'answer' });
  let running = null;
  const send = button('Send', { type: 'submit', kind: 'primary', sign: 'play' });
  const stop = button('Stop', { sign: 'stop', hidden: true, onclick: () => running?.abort() });
  const run = async (event) => {
    event.preventDefault();
    running?.abort();
    running = new AbortController();
    const mine = running;
    stop.hidden = false;
    try {
      await exchange(controls.request(), AbortSignal.any([signal, mine.signal]), result);
    } finally {
      if (mine === running) {
        stop.hidden = true;
      }
    }
  };
  const element = h(
    'form',
    { class: 'form', onsubmit: run },
    controls.elements,
    h('div', { class: 'actions' }, send, stop),
  );
  return card('Try it', { class: 'bench-side' }, element, result);
}

function inputs(slug, { traffic }) {
  const method = select(
    'Method',
    METHODS.map((name) => [name, name]),
    { name: 'method', value: 'GET', onchange: () => adapt() },
  );
  const query = text(
    'Query',
    { name: 'query', class: 'mono', placeholder: '?name=you' },
    { hint: `after /functions/${slug}` },
  );
  const headers = pairs('Headers', [], { add: 'Add a header' });
  const body = area('Body', { name: 'body', rows: 5, value: '{}' });
  const token = text('Token or key', { name: 'token', type: 'password' });
  const caller = select('Called by', CALLERS, { name: 'caller', onchange: () => adapt() });
  const version = text(
    'Version',
    {
      name: 'version',
      inputmode: 'numeric',
      pattern: '[0-9]*',
      placeholder: `live${traffic ? ` (${traffic.live})` : ''}`,
      oninput: () => adapt(),
    },
    { hint: 'Another than the live one runs as the administrator.' },
  );
  const value = (element) => element.querySelector('input, select, textarea').value;
  const adapt = () => {
    body.hidden = ['GET', 'HEAD'].includes(value(method));
    token.hidden = value(caller) !== 'token';
  };
  adapt();
  const more = h(
    'details',
    { class: 'disclosure' },
    h('summary', {}, 'Headers, caller and version'),
    h('div', { class: 'stack' }, headers, h('div', { class: 'columns' }, caller, version), token),
  );
  const request = () => {
    const list = new Headers(headers.pairs());
    const hasBody = !body.hidden && value(body) !== '';
    if (hasBody && !list.has('content-type')) {
      list.set('content-type', 'application/json');
    }
    identify(list, value(caller), value(token), value(version));
    return {
      url: target(slug, value(query)),
      method: value(method),
      headers: list,
      body: hasBody ? value(body) : undefined,
    };
  };
  return { elements: [h('div', { class: 'columns columns-method' }, method, query), body, more], request };
}

function identify(headers, caller, token, version) {
  if (caller === 'admin' || version !== '') {
    Object.entries(credentials()).forEach(([name, value]) => headers.set(name, value));
  }
  if (caller === 'token' && token !== '') {
    headers.set('authorization', `Bearer ${token}`);
  }
  if (version !== '') {
    headers.set('x-wasmforge-version', version);
  }
}

async function exchange({ url, ...request }, signal, result) {
  const began = performance.now();
  const since = () => performance.now() - began;
  patch(result, h('p', { class: 'faint' }, 'Waiting for the answer'));
  let response;
  try {
    // No cookie of this page reaches a function.
    response = await fetch(url, { ...request, credentials: 'omit', redirect: 'manual', signal, cache: 'no-store' });
  } catch (error) {
    patch(result, stopped(error, signal));
    return;
  }
  if (response.type === 'opaqueredirect') {
    patch(
      result,
      notice(
        'info',
        h(
          'p',
          {},
          'The function answers with a redirect, which browsers do not show to pages. Open the function in a tab of its own to follow it.',
        ),
      ),
    );
    return;
  }
  const shown = answer(response, since(), result);
  announce(`Answer ${response.status}`);
  await read(response, shown, since, signal);
}

function stopped(error, signal) {
  return signal.aborted
    ? h('p', { class: 'faint' }, 'Stopped.')
    : notice(
        'bad',
        h('p', { class: 'notice-title' }, 'No answer'),
        h('p', {}, `${error.message}. The function may have cut the connection, or the server is not there.`),
      );
}

/** The head of an answer, and where its body goes. */
function answer(response, headMs, result) {
  const id = response.headers.get('x-wasmforge-invocation-id');
  const version = response.headers.get('x-wasmforge-version');
  const type = response.headers.get('content-type');
  const total = h('span', {}, 'receiving');
  const body = h('pre', { class: 'mono answer-body', tabindex: '0', 'aria-label': 'Body of the answer' });
  const keep = h('div', { class: 'actions' });
  const list = [...response.headers].map(([name, value]) =>
    h('div', {}, h('dt', { class: 'mono' }, name), h('dd', { class: 'mono' }, value)),
  );
  result.replaceChildren(
    h(
      'div',
      { class: 'answer-line' },
      statusBadge(response.status),
      h('span', {}, `first byte ${millis(headMs)}`),
      total,
      version && h('span', {}, `version ${version}`),
      id && h('a', { href: to(`/invocations/${id}`) }, 'Invocation ', h('code', {}, shortId(id))),
    ),
    h(
      'details',
      { class: 'disclosure' },
      h('summary', {}, `${list.length} headers`),
      h('dl', { class: 'facts facts-dense' }, list),
    ),
    body,
    keep,
  );
  return { total, body, keep, type };
}

async function read(response, { total, body, keep, type }, since, signal) {
  const chunks = [];
  const decoder = new TextDecoder();
  const textual = isText(type);
  let size = 0;
  let text = '';
  try {
    for (const reader = response.body?.getReader(); reader; ) {
      const { done, value } = await reader.read();
      if (done) {
        break;
      }
      chunks.push(value);
      if (textual && size < SHOWN_BYTES) {
        const piece = decoder.decode(value, { stream: true });
        text += piece;
        body.append(piece);
      }
      size += value.length;
      total.textContent = `${bytes(size)}, ${millis(since())} so far`;
    }
    total.textContent = `${bytes(size)} in ${millis(since())}`;
    if (textual && size > 0 && size <= SHOWN_BYTES) {
      body.textContent = pretty(text, type);
    }
  } catch (error) {
    total.textContent = signal.aborted
      ? `stopped after ${bytes(size)}`
      : `broken off after ${bytes(size)}: ${error.message}`;
  }
  body.classList.toggle('is-empty', size === 0);
  if (size === 0) {
    body.textContent = 'The body is empty.';
  }
  if (!textual && size > 0) {
    body.textContent = `${bytes(size)} of ${type}`;
  }
  if (size > 0 && (!textual || size > SHOWN_BYTES)) {
    patch(
      keep,
      button('Download the body', { sign: 'download', onclick: () => save(new Blob(chunks), 'answer', type ?? '') }),
    );
  }
}
