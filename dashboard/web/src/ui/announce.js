// What screen readers are told of what changes elsewhere on the page.

import { h } from '../dom/element.js';

const polite = h('div', { class: 'visually-hidden', 'aria-live': 'polite', id: 'announcer' });
const toasts = h('div', { class: 'toasts', role: 'region', 'aria-label': 'Notices' });
const SHOWN_MS = 6000;

/** The two regions; they have to be there before anything is said. */
export function announcer() {
  return [polite, toasts];
}

/** Says a sentence without showing it. */
export function announce(sentence) {
  // The same sentence twice would not be a change.
  polite.textContent = polite.textContent === sentence ? `${sentence}\u00a0` : sentence;
}

/** Says a sentence and shows it for a while. */
export function notify(sentence) {
  announce(sentence);
  const toast = h('p', { class: 'toast' }, sentence);
  toasts.append(toast);
  setTimeout(() => toast.remove(), SHOWN_MS);
}
