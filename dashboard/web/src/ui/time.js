import { h } from '../dom/element.js';
import { moment, relative } from '../logic/format.js';

/** A moment, as how long ago it was; its exact time is the title. */
export function ago(value) {
  return value
    ? h('time', { datetime: value, title: `${moment(value)} (${value})` }, relative(value))
    : h('span', { class: 'faint' }, 'never');
}

/** A moment in full. */
export function at(value) {
  return value ? h('time', { datetime: value, title: value }, moment(value)) : h('span', { class: 'faint' }, '–');
}
