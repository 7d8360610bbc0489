// Content that is asked for: first a sketch of it, then itself, or why it is not there; and again every so often.

import { h } from '../dom/element.js';
import { patch } from '../dom/patch.js';
import { failure, notice, skeleton } from './state.js';

/**
 * An element whose content is `draw(await load())`. With `every` it is loaded anew after so many milliseconds while the
 * page is looked at. `first` is what was loaded before. `element.refresh()` loads it now; `element.redraw()` draws what there is.
 */
export function resource({ load, draw, every, signal, lines, first }) {
  const element = h('div', { class: 'resource', 'aria-busy': 'true' }, skeleton(lines));
  let data = first;
  let has = first !== undefined;
  let round = 0;
  let timer;

  const show = (...content) => patch(element, ...content);
  element.redraw = () => has && show(draw(data));
  element.refresh = async () => {
    clearTimeout(timer);
    const mine = (round += 1);
    try {
      const loaded = await load();
      if (mine !== round || signal.aborted) {
        return;
      }
      data = loaded;
      has = true;
      show(draw(data));
    } catch (error) {
      if (signal.aborted || mine !== round) {
        return;
      }
      if (error.name !== 'ApiError') {
        throw error;
      }
      show(has ? [stale(error), draw(data)] : failure(error, element.refresh));
    } finally {
      if (mine === round) {
        element.removeAttribute('aria-busy');
        plan();
      }
    }
  };
  const plan = () => {
    if (every && !signal.aborted) {
      timer = setTimeout(() => (document.hidden ? plan() : element.refresh()), every);
    }
  };
  signal.addEventListener('abort', () => clearTimeout(timer));
  if (has) {
    element.removeAttribute('aria-busy');
    show(draw(data));
    plan();
  } else {
    element.refresh();
  }
  return element;
}

function stale(error) {
  return notice('warn', h('p', {}, `What you see may be old. ${error.message}`));
}
