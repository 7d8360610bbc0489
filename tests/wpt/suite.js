// Which of the web platform tests concern functions, and what each is made of.
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Folders of the tests. Those of `fetch/api` that are left out ask a server for much that no file can answer. */
export const AREAS = [
  'url', 'urlpattern', 'encoding', 'streams', 'compression', 'fetch/api/headers', 'fetch/api/request',
  'fetch/api/response', 'fetch/api/body', 'FileAPI', 'xhr/formdata', 'dom/abort', 'dom/events',
  'html/webappapis/structured-clone', 'html/webappapis/timers', 'html/webappapis/microtask-queuing',
  'html/webappapis/atob', 'hr-time', 'user-timing', 'WebCryptoAPI',
];

/**
 * What asks for a page, a worker, a frame, `XMLHttpRequest` or `WebAssembly`, for a server that answers by program, or for
 * what browsers forbid to pages, which does not apply to servers. Those of `WebCryptoAPI` make keys for many minutes.
 */
const ELSEWHERE = [
  'url/javascript-urls', 'FileAPI/url/', 'FileAPI/reading-data-section',
  'FileAPI/progress-', 'FileAPI/filelist', 'FileAPI/file/send-file', 'encoding/legacy-mb', 'encoding/bom-xhr',
  'encoding/replacement-encodings', 'encoding/unsupported-encodings', 'streams/transferable',
  'streams/readable-byte-streams/non-transferable', 'fetch/api/headers/headers-no-cors', 'fetch/api/headers/header-values',
  'fetch/api/request/request-headers', 'fetch/api/request/request-cache-', 'fetch/api/request/request-keepalive',
  'fetch/api/request/destination', 'dom/events/scrolling', 'dom/events/non-cancelable', 'dom/events/focus-event',
  'dom/events/event-global', 'html/webappapis/timers/evil-spec', 'hr-time/test_cross', 'user-timing/idlharness-shadow',
  'WebCryptoAPI/derive_bits_keys/ecdh', 'WebCryptoAPI/derive_bits_keys/pbkdf2', 'WebCryptoAPI/generateKey',
  'WebCryptoAPI/historical', 'WebCryptoAPI/wrapKey', 'user-timing/buffered-flag', 'user-timing/supported-usertiming-types',
];

/** The tests of a folder that can run without a page, once for each variant. */
export async function testsOf(root, area) {
  const names = await readdir(join(root, area), { recursive: true }).catch(() => []);
  const tests = [];
  for (const name of names.filter((each) => each.endsWith('.any.js')).sort()) {
    const path = `${area}/${name}`;
    if (ELSEWHERE.some((prefix) => path.startsWith(prefix))) continue;
    const source = await readFile(join(root, path), 'utf8');
    const variants = meta(source, 'variant');
    for (const variant of variants.length ? variants : ['']) tests.push({ path, variant, source });
  }
  return tests;
}

/** The sources that a test needs, in order: the harness, what it includes, and itself. */
export async function scriptsOf(root, { path, source }) {
  const includes = meta(source, 'script').map((name) => ALIASES[name] ?? (name.startsWith('/') ? name : join(dirname(path), name)));
  const paths = ['resources/testharness.js', ...includes];
  const scripts = await Promise.all(paths.map((name) => readFile(join(root, name), 'utf8').catch(() => missing(name))));
  return [...scripts, source];
}

const missing = (name) => `throw new Error(${JSON.stringify(`there is no ${name}`)});`;

/** What the tests' own server serves under another name. */
const ALIASES = { '/resources/WebIDLParser.js': 'resources/webidl2/lib/webidl2.js' };

/** The values of a key in the comments at the top of a test. */
function meta(source, key) {
  return [...source.matchAll(new RegExp(`^// META: ${key}=(.*)$`, 'gm'))].map((match) => match[1].trim());
}
