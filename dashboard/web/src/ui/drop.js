import { h } from '../dom/element.js';
import { patch } from '../dom/patch.js';
import { bytes } from '../logic/format.js';
import { announce } from './announce.js';
import { icon } from './icon.js';
import { failure } from './state.js';

/**
 * A place to drop a WebAssembly component on, or to choose one with the keyboard. `send(file, progress)` uploads it; while it
 * does, a bar fills.
 */
export function dropZone(label, send) {
  const state = h('div', { class: 'drop-state' });
  const take = async (file) => {
    if (!file) {
      return;
    }
    const bar = h('progress', { max: 1, value: 0, 'aria-label': `Upload of ${file.name}` });
    const words = h('span', {}, `Sending ${file.name}, ${bytes(file.size)}`);
    patch(state);
    state.append(words, bar);
    announce(`Sending ${file.name}`);
    try {
      await checkMagic(file);
      await send(file, (share) => {
        bar.value = share;
        words.textContent = share < 1 ? `Sending ${file.name}, ${bytes(file.size)}` : `Compiling ${file.name}`;
      });
      state.replaceChildren();
    } catch (error) {
      if (error.name === 'AbortError') {
        return;
      }
      state.replaceChildren(failure(error));
      if (error.name !== 'ApiError' && error.name !== 'WrongFile') {
        throw error;
      }
    }
  };
  const input = h('input', {
    type: 'file',
    accept: '.wasm,application/wasm',
    class: 'visually-hidden',
    onchange: (event) => {
      const [file] = event.target.files;
      event.target.value = '';
      return take(file);
    },
  });
  const over = (is) => (event) => {
    event.preventDefault();
    zone.classList.toggle('drop-over', is);
  };
  const zone = h(
    'div',
    {
      class: 'drop',
      ondragover: over(true),
      ondragleave: over(false),
      ondrop: (event) => {
        over(false)(event);
        return take(event.dataTransfer.files[0]);
      },
    },
    h(
      'label',
      { class: 'drop-label' },
      input,
      icon('upload'),
      h('span', {}, h('strong', {}, label), h('span', { class: 'faint' }, 'Drop a .wasm here, or choose one')),
    ),
    state,
  );
  return zone;
}

/** Says at once what the compiler would say after the whole upload. */
async function checkMagic(file) {
  const [a, b, c, d] = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  if (a !== 0 || b !== 0x61 || c !== 0x73 || d !== 0x6d) {
    const error = new Error(
      `${file.name} is no WebAssembly: it does not begin like one. Choose the .wasm that your build made.`,
    );
    error.name = 'WrongFile';
    throw error;
  }
}
