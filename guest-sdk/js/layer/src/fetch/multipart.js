// `multipart/form-data` (RFC 7578), read and written.
import { File } from '../blob/file.js';
import { TextDecoder } from '../encoding/decoder.js';
import { TextEncoder } from '../encoding/encoder.js';
import { FormData } from '../forms/index.js';
import { native } from '../native.js';

const CRLF = '\r\n';

/** Percent-encodes what would end a quoted name. */
const escape = (name) => name.replace(/\r\n|\r|\n/g, '%0D%0A').replaceAll('"', '%22');

/** A boundary that nobody can foresee. */
function boundary() {
  let digits = '';
  while (digits.length < 32) digits += Math.floor(native.random() * 36).toString(36);
  return `----formdata-wasmforge-${digits}`;
}

/** The parts of a form, as what `Blob` takes, and its content type. */
export function write(form) {
  const mark = boundary();
  const parts = [];
  for (const [name, value] of form) {
    const head = `--${mark}${CRLF}Content-Disposition: form-data; name="${escape(name)}"`;
    if (typeof value === 'string') {
      parts.push(`${head}${CRLF}${CRLF}${value.replace(/\r\n|\r|\n/g, CRLF)}${CRLF}`);
    } else {
      const type = value.type || 'application/octet-stream';
      parts.push(`${head}; filename="${escape(value.name)}"${CRLF}Content-Type: ${type}${CRLF}${CRLF}`, value, CRLF);
    }
  }
  parts.push(`--${mark}--${CRLF}`);
  return { parts, type: `multipart/form-data; boundary=${mark}` };
}

/** Reads a form. A `TypeError` says that it is none. */
export function read(bytes, mark) {
  const form = new FormData();
  const delimiter = encode(`--${mark}`);
  let position = indexOf(bytes, delimiter, 0);
  if (position < 0) throw invalid('the boundary does not occur');
  for (;;) {
    position += delimiter.length;
    if (bytes[position] === 0x2d && bytes[position + 1] === 0x2d) return form;
    position = indexOf(bytes, LINE, position);
    if (position < 0) throw invalid('it breaks off');
    const headEnd = indexOf(bytes, HEAD_END, position);
    if (headEnd < 0) throw invalid('a part has no head');
    const head = headOf(bytes.subarray(position + 2, headEnd));
    const next = nextDelimiter(bytes, delimiter, headEnd + 2);
    const content = bytes.subarray(headEnd + 4, Math.max(headEnd + 4, next - 2));
    append(form, head, content);
    position = next;
  }
}

const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
const LINE = Uint8Array.of(13, 10);
const HEAD_END = Uint8Array.of(13, 10, 13, 10);
const invalid = (what) => new TypeError(`The body is no multipart/form-data: ${what}`);

/** Where the next delimiter is that begins a line. */
function nextDelimiter(bytes, delimiter, from) {
  for (let at = indexOf(bytes, delimiter, from); at >= 0; at = indexOf(bytes, delimiter, at + 1)) {
    if (bytes[at - 2] === 13 && bytes[at - 1] === 10) return at;
  }
  throw invalid('a part does not end');
}

function headOf(bytes) {
  const headers = new Map();
  for (const line of decode(bytes).split(CRLF)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const disposition = headers.get('content-disposition') ?? '';
  const name = parameter(disposition, 'name');
  if (!/^form-data\b/i.test(disposition) || name === undefined) throw invalid('a part has no name');
  return { name, filename: parameter(disposition, 'filename'), type: headers.get('content-type') };
}

function parameter(disposition, name) {
  const match = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^;\\s]*))`, 'i').exec(disposition);
  const value = match && (match[1] ?? match[2]);
  return value?.replace(/%0D%0A/gi, CRLF).replace(/%22/g, '"');
}

function append(form, { name, filename, type }, content) {
  if (filename === undefined) form.append(name, decode(content));
  else form.append(name, new File([content.slice()], filename, { type: type ?? 'text/plain' }));
}

/** The first place of a sequence at or after a position, or -1. */
function indexOf(bytes, sequence, from) {
  for (let at = bytes.indexOf(sequence[0], from); at >= 0; at = bytes.indexOf(sequence[0], at + 1)) {
    let length = 1;
    while (length < sequence.length && bytes[at + length] === sequence[length]) length += 1;
    if (length === sequence.length) return at;
  }
  return -1;
}
