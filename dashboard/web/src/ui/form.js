// Fields with labels, and forms that say what is wrong with them.

import { h } from '../dom/element.js';
import { patch } from '../dom/patch.js';
import { busy, button, signButton } from './button.js';
import { failure } from './state.js';
import { icon } from './icon.js';

let ids = 0;

/** A label above a control, with a remark below it. `control(properties)` makes the control. */
export function field(label, control, { hint, wide } = {}) {
  ids += 1;
  const id = `field-${ids}`;
  const hintId = hint ? `${id}-hint` : undefined;
  return h(
    'div',
    { class: `field ${wide ? 'field-wide' : ''}` },
    h('label', { for: id }, label),
    control({ id, 'aria-describedby': hintId }),
    hint && h('p', { class: 'hint', id: hintId }, hint),
  );
}

/** Text of one line. `properties` are the input's own: `name`, `value`, `required`, `pattern`, `type` … */
export function text(label, properties = {}, options) {
  return field(
    label,
    (given) =>
      h('input', {
        type: 'text',
        autocomplete: 'off',
        spellcheck: 'false',
        ...properties,
        ...given,
        class: `input ${properties.class ?? ''}`,
      }),
    options,
  );
}

/** Text of many lines. */
export function area(label, { value = '', ...properties } = {}, options) {
  return field(
    label,
    (given) => h('textarea', { spellcheck: 'false', rows: 4, ...properties, ...given, class: 'input mono', value }),
    { wide: true, ...options },
  );
}

/** One of several. `choices`: `[value, label]`. */
export function select(label, choices, { value, ...properties } = {}, options) {
  const list = choices.map(([choice, words]) => h('option', { value: choice }, words));
  return field(
    label,
    (given) => h('select', { ...properties, ...given, class: 'input', value: value ?? choices[0]?.[0] }, list),
    options,
  );
}

/** Yes or no. */
export function checkbox(label, properties = {}, { hint } = {}) {
  return h(
    'div',
    { class: 'field field-check' },
    h('label', {}, h('input', { type: 'checkbox', ...properties }), h('span', {}, label)),
    hint && h('p', { class: 'hint' }, hint),
  );
}

/** Pairs of a name and a value, as many as wanted. `element.pairs()` gives those that have a name. */
export function pairs(label, initial, { nameLabel = 'Name', valueLabel = 'Value', add = 'Add' } = {}) {
  const list = h('div', { class: 'pairs' });
  const put = ([name, value] = ['', ''], focus = false) => {
    const number = list.childElementCount + 1;
    const nameInput = h('input', {
      class: 'input mono',
      'aria-label': `${label} ${number}: ${nameLabel}`,
      placeholder: nameLabel,
      value: name,
      autocomplete: 'off',
      spellcheck: 'false',
    });
    const row = h(
      'div',
      { class: 'pair' },
      nameInput,
      h('input', {
        class: 'input mono',
        'aria-label': `${label} ${number}: ${valueLabel}`,
        placeholder: valueLabel,
        value,
        autocomplete: 'off',
        spellcheck: 'false',
      }),
      signButton(`Remove ${label.toLowerCase()} ${number}`, 'close', { onclick: () => (row.remove(), adder.focus()) }),
    );
    list.append(row);
    if (focus) {
      nameInput.focus();
    }
  };
  const adder = h(
    'button',
    { type: 'button', class: 'button button-quiet', onclick: () => put(undefined, true) },
    icon('plus'),
    h('span', {}, add),
  );
  initial.forEach((pair) => put(pair));
  const element = h('fieldset', { class: 'field field-wide plain' }, h('legend', {}, label), list, h('div', {}, adder));
  element.pairs = () =>
    [...list.children]
      .map((row) => [...row.querySelectorAll('input')].map((input) => input.value))
      .filter(([name]) => name.trim() !== '')
      .map(([name, value]) => [name.trim(), value]);
  return element;
}

/**
 * A form. `submit(values, form)` is asked when it is sent; what it throws is shown above the button. `values` has every named
 * control's text, and a boolean for each check box.
 */
export function form({ fields, action, kind = 'primary', submit, extra, ...properties }) {
  const problem = h('div', { class: 'form-problem' });
  const send = button(action, { type: 'submit', kind });
  const element = h(
    'form',
    {
      class: 'form',
      ...properties,
      onsubmit: (event) => {
        event.preventDefault();
        return busy(send, async () => {
          patch(problem);
          try {
            await submit(values(element), element);
          } catch (error) {
            if (error.name !== 'ApiError' && error.name !== 'FormError') {
              throw error;
            }
            patch(problem, failure(error));
            problem.scrollIntoView({ block: 'nearest' });
          }
        });
      },
    },
    fields,
    problem,
    h('div', { class: 'actions' }, send, extra),
  );
  return element;
}

/** What a form's controls hold. */
export function values(element) {
  const result = {};
  for (const control of element.elements) {
    if (control.name) {
      result[control.name] = control.type === 'checkbox' ? control.checked : control.value;
    }
  }
  return result;
}

/** What somebody typed that cannot be used. */
export class FormError extends Error {
  constructor(message) {
    super(message);
    this.name = 'FormError';
  }
}

/** JSON that somebody typed; nothing typed is `undefined`. */
export function json(label, typed) {
  if (typed.trim() === '') {
    return undefined;
  }
  try {
    return JSON.parse(typed);
  } catch (error) {
    throw new FormError(`${label} is not valid JSON: ${error.message}`);
  }
}
