import { h } from '../dom/element.js';
import { select, text, values } from './form.js';

const PAUSE_MS = 300;
const PERIODS = [
  ['', 'Any time'],
  ['15', 'Last 15 minutes'],
  ['60', 'Last hour'],
  ['1440', 'Last day'],
  ['10080', 'Last week'],
];

/** Controls above a list; `changed(values)` is called soon after somebody has changed one. `element.values()` gives them now. */
export function filters(label, controls, changed) {
  let timer;
  const soon = () => {
    clearTimeout(timer);
    // What is half typed is not asked for.
    timer = setTimeout(() => element.checkValidity() && changed(values(element)), PAUSE_MS);
  };
  const element = h(
    'form',
    {
      class: 'filters',
      role: 'search',
      'aria-label': label,
      oninput: soon,
      onsubmit: (event) => (event.preventDefault(), soon()),
    },
    controls,
  );
  element.values = () => values(element);
  return element;
}

/** How far back. */
export function period(value = '') {
  return select('When', PERIODS, { name: 'period', value });
}

/** The moment that many minutes ago. */
export function since(minutes) {
  return minutes ? new Date(Date.now() - Number(minutes) * 60_000).toISOString() : undefined;
}

/** Part of a name or a text. */
export function search(label, name, value, placeholder) {
  return text(label, { name, type: 'search', value, placeholder });
}
