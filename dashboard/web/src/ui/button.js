import { h } from '../dom/element.js';
import { icon } from './icon.js';
import { notify } from './announce.js';

/**
 * A button. While what it does (`onclick`) is going on it is busy and cannot be pressed again; an error that
 * nobody else shows is a notice. `kind`: `primary`, `danger`, `quiet` or nothing.
 */
export function button(label, { onclick, kind, sign, type = 'button', ...properties } = {}) {
  const press =
    onclick &&
    async function pressed(event) {
      const pressedButton = event.currentTarget;
      await busy(pressedButton, () => onclick(event));
    };
  return h(
    'button',
    { type, class: `button ${kind ? `button-${kind}` : ''}`, ...properties, onclick: press },
    sign && icon(sign),
    h('span', {}, label),
  );
}

/** A button that is only a sign; its words are its name. */
export function signButton(label, sign, { onclick, ...properties } = {}) {
  return h(
    'button',
    {
      type: 'button',
      class: 'button button-quiet button-sign',
      'aria-label': label,
      title: label,
      ...properties,
      onclick,
    },
    icon(sign),
  );
}

/** A link that looks like a button. */
export function linkButton(label, href, { kind, sign, ...properties } = {}) {
  return h(
    'a',
    { href, class: `button ${kind ? `button-${kind}` : ''}`, ...properties },
    sign && icon(sign),
    h('span', {}, label),
  );
}

/** Does something while a button is busy. */
export async function busy(element, work) {
  if (element.getAttribute('aria-busy') === 'true') {
    return;
  }
  // Not `disabled`, which would lose the focus.
  element.setAttribute('aria-busy', 'true');
  try {
    await work();
  } catch (error) {
    if (error.name !== 'ApiError') {
      throw error;
    }
    notify(error.message);
  } finally {
    element.removeAttribute('aria-busy');
  }
}
