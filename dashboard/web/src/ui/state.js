// What stands in the place of content that is not there.

import { h } from '../dom/element.js';
import { icon } from './icon.js';
import { button } from './button.js';

/** Nothing here, why, and what to do. */
export function empty(title, text, ...actions) {
  return h(
    'div',
    { class: 'empty' },
    h('p', { class: 'empty-title' }, title),
    h('p', {}, text),
    actions.length > 0 && h('div', { class: 'actions' }, actions),
  );
}

/** What went wrong, and a way to try again. */
export function failure(error, retry) {
  return h(
    'div',
    { class: 'notice notice-bad', role: 'alert' },
    icon('warning'),
    h(
      'div',
      { class: 'notice-body' },
      h('p', { class: 'notice-title' }, title(error)),
      h('p', { class: 'pre-line' }, error.message),
      error.nextActions && h('p', {}, error.nextActions),
      retry && h('div', { class: 'actions' }, button('Try again', { onclick: retry })),
    ),
  );
}

function title(error) {
  switch (error.code) {
    case 'UNREACHABLE':
      return 'No answer';
    case 'NOT_SUPPORTED':
      return 'Not on this database';
    case 'DATABASE_UNAVAILABLE':
      return 'The database is away';
    default:
      return error.status === 404 ? 'Not found' : 'That did not work';
  }
}

/** A remark beside content: `info`, `good`, `warn` or `bad`. */
export function notice(tone, ...content) {
  const sign = tone === 'good' ? 'check' : 'warning';
  return h('div', { class: `notice notice-${tone}` }, icon(sign), h('div', { class: 'notice-body' }, content));
}

/** Grey bars, in the place of what is on its way. */
export function skeleton(lines = 4) {
  return h(
    'div',
    { class: 'skeleton' },
    h('span', { class: 'visually-hidden' }, 'Loading'),
    Array.from({ length: lines }, () => h('span', { class: 'skeleton-line', 'aria-hidden': 'true' })),
  );
}
