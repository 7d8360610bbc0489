// Packages that are imported by name and version: the project's own where they fit, else ones that npm installs into
// the cache.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { satisfies } from './specifiers.mjs';

export class Npm {
  #cache;
  #lock;
  /** @type {Map<string, Promise<string>>} */
  #installs = new Map();

  constructor(cache, lock) {
    this.#cache = cache;
    this.#lock = lock;
  }

  /**
   * The folder from which a package is found as asked for.
   * @param {{ name: string, range: string }} asked
   * @param {string} from the importer's folder
   */
  async folderOf({ name, range }, from) {
    const installed = await installedFor(name, from);
    if (installed && satisfies(installed, range)) return from;
    const request = `${name}@${range || 'latest'}`;
    if (!this.#installs.has(request)) this.#installs.set(request, this.#provide(name, request));
    return this.#installs.get(request);
  }

  async #provide(name, request) {
    const locked = this.#lock.package(request);
    if (locked) {
      const kept = this.#place(name, locked.version);
      if ((await installedFor(name, kept)) === locked.version) return kept;
    }
    const { folder, version, integrity } = await this.#install(name, locked?.version, request);
    if (locked?.integrity && integrity !== locked.integrity) {
      throw new Error(`${name}@${version} is not the package that was locked: its hash is ${integrity}`);
    }
    this.#lock.lockPackage(request, { version, integrity });
    return folder;
  }

  async #install(name, version, request) {
    await mkdir(this.#cache, { recursive: true });
    const work = await mkdtemp(join(this.#cache, '.partial-'));
    try {
      await writeFile(join(work, 'package.json'), '{ "private": true }');
      await npmInstall(version ? `${name}@${version}` : request, work);
      const tree = JSON.parse(await readFile(join(work, 'node_modules/.package-lock.json'), 'utf8'));
      const found = tree.packages[`node_modules/${name}`];
      const folder = this.#place(name, found.version);
      await mkdir(dirname(folder), { recursive: true });
      await rename(work, folder).catch(async (error) => {
        // Another process was quicker, or it was there for another range.
        if ((await installedFor(name, folder)) !== found.version) throw error;
      });
      return { folder, version: found.version, integrity: found.integrity };
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  #place(name, version) {
    return join(this.#cache, `${name}@${version}`);
  }
}

/** The version of a package that modules in a folder find. */
async function installedFor(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = join(folder, 'node_modules', name, 'package.json');
    const version = await readFile(manifest, 'utf8').then((text) => JSON.parse(text).version).catch(() => undefined);
    if (version !== undefined || folder === dirname(folder)) return version;
  }
}

/** Runs no script of any package. */
async function npmInstall(request, folder) {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = spawn('npm', ['install', ...flags, request], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  npm.stderr.on('data', (data) => (said += data));
  const status = await new Promise((done, failed) => npm.on('close', done).on('error', failed));
  const reason = said.split('\n').find((line) => line.startsWith('npm error') && !/npm error code/.test(line));
  if (status !== 0) throw new Error(`npm cannot install ${request}: ${reason ?? `status ${status}`}`);
}
