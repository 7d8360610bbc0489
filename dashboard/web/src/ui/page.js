// The parts that pages are made of.

import { h } from '../dom/element.js';
import { icon } from './icon.js';

/** The head of a page: its name, what it is about, what can be done. The name gets the focus when the page is entered. */
export function head(title, { about, actions, back } = {}) {
  return h(
    'header',
    { class: 'page-head' },
    h(
      'div',
      { class: 'page-title' },
      back && h('a', { class: 'back', href: back[1] }, icon('back'), back[0]),
      h('h1', { tabindex: '-1' }, title),
      about && h('div', { class: 'about' }, about),
    ),
    actions && h('div', { class: 'actions' }, actions),
  );
}

/** A framed part of a page with a heading of its own. */
export function card(title, { actions, ...properties }, ...content) {
  return h(
    'section',
    { ...properties, class: `card ${properties.class ?? ''}` },
    title &&
      h('header', { class: 'card-head' }, h('h2', {}, title), actions && h('div', { class: 'actions' }, actions)),
    h('div', { class: 'card-body' }, content),
  );
}

/** Names and values. */
export function facts(entries) {
  return h(
    'dl',
    { class: 'facts' },
    entries.filter(Boolean).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value ?? '–'))),
  );
}

/** The parts of one thing, each an address of its own. `entries`: `[label, href]`. */
export function tabs(label, entries, current) {
  return h(
    'nav',
    { class: 'tabs', 'aria-label': label },
    entries.map(([name, href]) => h('a', { href, 'aria-current': href === current ? 'page' : undefined }, name)),
  );
}
