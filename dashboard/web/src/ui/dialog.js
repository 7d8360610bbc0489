import { h } from '../dom/element.js';
import { button, signButton } from './button.js';

let ids = 0;

/**
 * Opens a modal dialog with what `content(close)` gives, and resolves with what `close` is called with; `undefined` where it
 * was left by Escape. The browser keeps the focus within and gives it back.
 */
export function dialog(title, content, { wide } = {}) {
  return new Promise((resolve) => {
    ids += 1;
    const id = `dialog-${ids}`;
    let result;
    const close = (value) => {
      result = value;
      element.close();
    };
    const element = h(
      'dialog',
      {
        class: `dialog ${wide ? 'dialog-wide' : ''}`,
        'aria-labelledby': id,
        onclose: () => (element.remove(), resolve(result)),
      },
      h(
        'header',
        { class: 'dialog-head' },
        h('h2', { id }, title),
        signButton('Close', 'close', { onclick: () => close() }),
      ),
      h('div', { class: 'dialog-body' }, content(close)),
    );
    document.body.append(element);
    element.showModal();
    (element.querySelector('[autofocus]') ?? element.querySelector('input, select, textarea'))?.focus();
  });
}

/** Asks before something that cannot be taken back. Whether to go on. */
export function confirm(title, text, action, { danger = true } = {}) {
  return dialog(title, (close) => [
    h('p', {}, text),
    h(
      'div',
      { class: 'actions actions-end' },
      button('Cancel', { onclick: () => close(false) }),
      button(action, { kind: danger ? 'danger' : 'primary', onclick: () => close(true), autofocus: true }),
    ),
  ]);
}
