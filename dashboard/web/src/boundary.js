// Errors of the page itself are shown, never only logged.

import { h } from './dom/element.js';
import { button } from './ui/button.js';
import { icon } from './ui/icon.js';

const region = h('div', { class: 'boundary', role: 'alert' });

/** Where errors are shown. From then on every error that nobody catches is. */
export function boundary() {
  window.addEventListener('error', (event) => report(event.error ?? event.message));
  window.addEventListener('unhandledrejection', (event) => report(event.reason));
  return region;
}

/** Shows an error of the page. */
export function report(error) {
  // What was asked to stop has stopped.
  if (error?.name === 'AbortError') {
    return;
  }
  region.replaceChildren(crash(error, [button('Dismiss', { onclick: () => region.replaceChildren() })]));
}

/** An error with what somebody needs who reports it. */
export function crash(error, actions = []) {
  return h(
    'div',
    { class: 'notice notice-bad crash' },
    icon('warning'),
    h(
      'div',
      { class: 'notice-body' },
      h('p', { class: 'notice-title' }, 'Something is wrong with this page'),
      h(
        'p',
        {},
        'What runs on the server is not affected. Reload the page to go on; if it happens again, report the details.',
      ),
      h(
        'details',
        {},
        h('summary', {}, String(error?.message ?? error)),
        h('pre', { class: 'mono', tabindex: '0' }, String(error?.stack ?? error)),
      ),
      h('div', { class: 'actions' }, button('Reload', { kind: 'primary', onclick: () => location.reload() }), actions),
    ),
  );
}
