// `File`, after the File API standard.
import { dictionary, expose, required, usvString } from '../idl/index.js';
import { Blob } from './blob.js';

export class File extends Blob {
  #name;
  #lastModified;

  constructor(parts, name, options = undefined) {
    required(arguments.length, 2, 'File');
    super(parts, options);
    const { lastModified } = dictionary(options, 'File');
    this.#name = usvString(name);
    this.#lastModified = lastModified === undefined ? undefined : Math.trunc(Number(lastModified)) || 0;
  }

  get name() {
    return this.#name;
  }

  get lastModified() {
    this.#lastModified ??= Date.now();
    return this.#lastModified;
  }

  get webkitRelativePath() {
    this.#name;
    return '';
  }
}

expose({ File });
