// Sending a file with a bar that fills: fetch cannot say how much has left.

import { ApiError } from './error.js';
import { credentials } from './session.js';

/** Puts bytes and calls `progress(share)` with 0 to 1. Gives what was answered. */
export function upload(path, blob, { contentType, headers = {}, progress, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', path);
    const all = { ...credentials(), 'content-type': contentType, ...headers };
    Object.entries(all).forEach(([name, value]) => request.setRequestHeader(name, value));
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.upload.onload = () => progress(1);
    request.onerror = () => reject(ApiError.unreachable());
    request.onabort = () => reject(new DOMException('stopped', 'AbortError'));
    request.onload = () => {
      const good = request.status >= 200 && request.status < 300;
      good ? resolve(JSON.parse(request.responseText)) : reject(ApiError.of(request.status, request.responseText));
    };
    signal?.addEventListener('abort', () => request.abort());
    request.send(blob);
  });
}
