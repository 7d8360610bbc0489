// What stands around every page.

import { h } from './dom/element.js';
import { patch } from './dom/patch.js';
import { session } from './api/session.js';
import { signOut } from './api/client.js';
import { to } from './router.js';
import { THEMES, chooseTheme, theme } from './theme.js';
import { icon } from './ui/icon.js';
import { button, signButton } from './ui/button.js';

const SECTIONS = [
  ['Functions', '/functions', 'functions'],
  ['Invocations', '/invocations', 'invocations'],
  ['Logs', '/logs', 'logs'],
  ['Schedules', '/schedules', 'schedules'],
  ['Triggers', '/triggers', 'triggers'],
  ['Jobs', '/jobs', 'jobs'],
  ['Secrets', '/secrets', 'secrets'],
  ['Audit log', '/audit', 'audit'],
  ['Nodes', '/nodes', 'nodes'],
];

/** The frame; `main` is where pages go. */
export function shell(main) {
  const links = h('ul', { class: 'nav-list' });
  const who = h('div', { class: 'who' });
  const toggle = signButton('Menu', 'menu', {
    class: 'button button-quiet button-sign menu-toggle',
    'aria-expanded': 'false',
    'aria-controls': 'navigation',
    onclick: () => open(toggle.getAttribute('aria-expanded') !== 'true'),
  });
  const open = (value) => {
    toggle.setAttribute('aria-expanded', String(value));
    element.classList.toggle('nav-open', value);
  };
  const element = h(
    'div',
    { class: 'shell' },
    h(
      'a',
      { class: 'skip', href: '#main', onclick: (event) => (event.preventDefault(), main.focus()) },
      'Skip to the content',
    ),
    h(
      'header',
      { class: 'side' },
      h('div', { class: 'brand-row' }, brand(), toggle),
      h(
        'div',
        { class: 'side-body', id: 'navigation' },
        h('nav', { 'aria-label': 'Sections' }, links),
        h('div', { class: 'side-foot' }, themeSwitch(), who),
      ),
    ),
    main,
  );
  element.update = () => {
    // At its root the dashboard shows the first section.
    const path = location.pathname.slice(to('').length).replace(/^\/?$/, SECTIONS[0][1]);
    patch(
      links,
      SECTIONS.map((section) => entry(section, path)),
    );
    patch(who, signedIn());
    open(false);
  };
  return element;
}

/** The mark and the name. */
export function brand() {
  return h(
    'a',
    { class: 'brand', href: to('/functions') },
    h('img', { src: to('/icon.svg'), alt: '', width: 24, height: 24 }),
    'Wasmforge',
  );
}

function entry([label, href, sign], path) {
  const current = path === href || path.startsWith(`${href}/`);
  return h('li', {}, h('a', { href: to(href), 'aria-current': current ? 'page' : undefined }, icon(sign), label));
}

function signedIn() {
  const who = session();
  return (
    who && [
      h('span', { class: 'who-name', title: 'Signed in' }, who.name),
      button('Sign out', { kind: 'quiet', sign: 'out', onclick: signOut }),
    ]
  );
}

function themeSwitch() {
  const choices = THEMES.map(([value, label]) => h('option', { value }, label));
  return h(
    'label',
    { class: 'theme' },
    icon('theme'),
    h('span', { class: 'visually-hidden' }, 'Colours'),
    h(
      'select',
      { class: 'input input-quiet', value: theme(), onchange: (event) => chooseTheme(event.target.value) },
      choices,
    ),
  );
}
