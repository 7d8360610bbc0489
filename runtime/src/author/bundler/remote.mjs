// Modules that are imported by their address.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of one module. */
const MAX_MODULE = 16 * 1024 * 1024;
/** Modules of one function. */
const MAX_MODULES = 2000;
const MAX_REDIRECTS = 10;
/** Milliseconds for one module. */
const PATIENCE = 60_000;

/**
 * @typedef {object} Module
 * @property {string} url where it was found: its own imports are relative to that
 * @property {string} contents
 * @property {string} loader esbuild's
 */

export class Remote {
  #folder;
  #lock;
  /** @type {Map<string, Promise<Module>>} */
  #modules = new Map();

  constructor(folder, lock) {
    this.#folder = folder;
    this.#lock = lock;
  }

  /**
   * @param {string} url
   * @returns {Promise<Module>}
   */
  load(url) {
    if (!this.#modules.has(url)) {
      if (this.#modules.size >= MAX_MODULES) throw new Error(`over ${MAX_MODULES} modules are imported by address`);
      this.#modules.set(url, this.#find(url));
    }
    return this.#modules.get(url);
  }

  async #find(url) {
    const kept = join(this.#folder, sha256(url, 'hex'));
    const expected = this.#lock.remote(url);
    if (expected !== undefined) {
      const found = await readFile(kept, 'utf8').then(JSON.parse).catch(() => undefined);
      if (found && integrityOf(found.contents) === expected) return found;
    }
    const module = await download(url);
    this.#lock.verify(url, integrityOf(module.contents));
    await mkdir(this.#folder, { recursive: true });
    await writeFile(`${kept}.${process.pid}`, JSON.stringify(module));
    await rename(`${kept}.${process.pid}`, kept);
    return module;
  }
}

function sha256(text, encoding) {
  return createHash('sha256').update(text).digest(encoding);
}

function integrityOf(contents) {
  return `sha256-${sha256(contents, 'base64')}`;
}

async function download(asked) {
  const signal = AbortSignal.timeout(PATIENCE);
  let url = new URL(asked);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    if (!isAllowed(url)) throw new Error(`${url} is not fetched: modules come over https`);
    const response = await fetch(url, { redirect: 'manual', signal }).catch((error) => {
      throw new Error(`${url} cannot be fetched: ${error.cause?.message ?? error.message}`);
    });
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location) {
      url = new URL(location, url);
      continue;
    }
    if (!response.ok) throw new Error(`${url} cannot be fetched: status ${response.status}`);
    const contents = await bodyOf(response, url);
    return { url: url.href, contents, loader: loaderOf(url, response.headers.get('content-type')) };
  }
  throw new Error(`${asked} leads from address to address more than ${MAX_REDIRECTS} times`);
}

/** Without TLS, this machine only. */
function isAllowed(url) {
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLocal);
}

async function bodyOf(response, url) {
  const parts = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MAX_MODULE) throw new Error(`${url} has more than ${MAX_MODULE} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The type that the server says, else the path's ending. */
export function loaderOf(url, type) {
  const essence = type?.split(';')[0].trim().toLowerCase() ?? '';
  const ending = /\.([a-z]+)$/.exec(url.pathname)?.[1];
  const byType = { 'application/json': 'json', 'application/typescript': 'ts', 'text/typescript': 'ts' }[essence];
  const byEnding = { ts: 'ts', mts: 'ts', tsx: 'tsx', jsx: 'jsx', json: 'json' }[ending];
  // Of a TypeScript file with JSX servers tell no more than of others.
  return byEnding === 'tsx' ? 'tsx' : (byType ?? byEnding ?? 'js');
}
