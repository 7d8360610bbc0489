// Lists that come in parts.

import { h } from '../dom/element.js';
import { patch } from '../dom/patch.js';
import { button } from './button.js';
import { failure, skeleton } from './state.js';

/**
 * `load(cursor)` gives `{rows, nextCursor}`; `draw(rows)` shows all that were loaded. `element.restart()` begins anew, with what is
 * there still shown until the answer comes.
 */
export function pager({ load, draw, signal }) {
  const list = h('div', {}, skeleton());
  const more = h('div', { class: 'actions' });
  const element = h('div', { class: 'stack' }, list, more);
  let rows = [];
  let round = 0;
  const page = async (cursor, mine) => {
    const answer = await load(cursor);
    if (mine !== round || signal.aborted) {
      return;
    }
    rows = cursor ? [...rows, ...answer.rows] : answer.rows;
    patch(list, draw(rows));
    patch(more, answer.nextCursor && button('Show more', { onclick: () => page(answer.nextCursor, mine) }));
  };
  element.restart = async () => {
    const mine = (round += 1);
    try {
      await page(undefined, mine);
    } catch (error) {
      if (error.name !== 'ApiError') {
        throw error;
      }
      if (mine === round && !signal.aborted) {
        patch(list, failure(error, element.restart));
        patch(more);
      }
    }
  };
  element.restart();
  return element;
}
