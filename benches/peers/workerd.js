// workerd with one isolate for all functions and all requests: no isolation between requests.
import hello from 'hello.js';
import json from 'json.js';
import sha256 from 'sha256.js';
import template from 'template.js';

const handlers = new Map(Object.entries({ hello, json, sha256, template }));

export default {
  fetch(request) {
    const handler = handlers.get(new URL(request.url).pathname.slice(1));
    return handler ? handler(request) : new Response('Not Found', { status: 404 });
  },
};
