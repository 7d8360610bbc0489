import { native } from '../native.js';
import { bytesOf, textOf } from './bytes.js';
import { done } from './call.js';
import { FilesError } from './errors.js';

const host = native.services.files;

/** A directory, which files are read from by their paths in it. */
class Directory {
  #root;

  constructor(root) {
    this.#root = root;
  }

  /** A path in the directory. One that leads out of it is refused by the sandbox. */
  path(path) {
    const relative = String(path).replace(/^\/+/, '');
    return relative === '' ? this.#root : `${this.#root}/${relative}`;
  }

  async bytes(path) {
    return done(FilesError, () => host.read(this.path(path)));
  }

  async text(path) {
    return textOf(await this.bytes(path));
  }

  async json(path) {
    const text = await this.text(path);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new FilesError(`${this.path(path)}: invalid JSON: ${cause.message}`, { code: 'invalid-json', cause });
    }
  }

  async list(path = '') {
    return done(FilesError, () => host.list(this.path(path)));
  }
}

/** The directory that an invocation may write to. */
class Scratch extends Directory {
  async write(path, value) {
    return done(FilesError, () => host.write(this.path(path), bytesOf(value, 'what is written'), false));
  }

  async append(path, value) {
    return done(FilesError, () => host.write(this.path(path), bytesOf(value, 'what is written'), true));
  }

  async remove(path) {
    return done(FilesError, () => host.remove(this.path(path)));
  }
}

const assets = new Directory('/assets');

export const files = Object.freeze({
  bytes: (path) => assets.bytes(path),
  text: (path) => assets.text(path),
  json: (path) => assets.json(path),
  list: (path) => assets.list(path),
  scratch: new Scratch('/scratch'),
});
