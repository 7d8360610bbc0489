import { h } from '../../dom/element.js';
import { diffView } from '../../ui/diff_view.js';
import { button } from '../../ui/button.js';
import { dialog } from '../../ui/dialog.js';

/**
 * Somebody else has deployed since the page was read. Reads what is there now and asks: `mine` to deploy over it, `theirs` to take it,
 * `undefined` to do nothing yet.
 */
export async function conflict(subject, { code }) {
  await subject.reload();
  const { data } = subject;
  return dialog(
    'Somebody else has deployed',
    (close) => [
      h(
        'p',
        {},
        `${subject.slug} is at version ${data.version ?? '?'} now, which is not what your changes were made to. This is what would change if yours were deployed over it:`,
      ),
      data.kind === 'component'
        ? h('p', {}, 'It is a WebAssembly component now.')
        : code !== undefined && diffView(data.code ?? '', code, { before: 'theirs', after: 'yours' }),
      h(
        'div',
        { class: 'actions actions-end' },
        button('Decide later', { onclick: () => close() }),
        button('Take theirs', { onclick: () => close('theirs') }),
        button('Deploy mine', { kind: 'danger', onclick: () => close('mine') }),
      ),
    ],
    { wide: true },
  );
}
