import { h } from '../dom/element.js';
import { post } from '../api/client.js';
import { upload } from '../api/upload.js';
import { TEMPLATES, slugOf } from '../logic/templates.js';
import { navigate, to } from '../router.js';
import { notify } from '../ui/announce.js';
import { dropZone } from '../ui/drop.js';
import { FormError, form, select, text } from '../ui/form.js';
import { card, head } from '../ui/page.js';

/** A function that is not there yet: from a template, or from a module. */
export function newFunctionPage() {
  const name = text('Name', { name: 'name', required: true, maxlength: 255, autofocus: true, oninput: suggest });
  const slug = text(
    'Slug',
    { name: 'slug', required: true, maxlength: 255, pattern: '[A-Za-z0-9_\\-]+', class: 'mono' },
    { hint: 'Letters, digits, - and _. It is the function’s address and stays as it is.' },
  );
  const slugInput = slug.querySelector('input');
  let isOwn = false;
  slugInput.addEventListener('input', () => {
    isOwn = true;
  });
  function suggest(event) {
    if (!isOwn) {
      slugInput.value = slugOf(event.target.value);
    }
  }
  const source = form({
    fields: [
      name,
      slug,
      select(
        'Begin with',
        TEMPLATES.map(([id, label]) => [id, label]),
        { name: 'template' },
      ),
    ],
    action: 'Create and open',
    submit: async ({ name, slug, template }) => {
      const [, , code] = TEMPLATES.find(([id]) => id === template);
      await post('/api/functions', { name, slug, code });
      created(slug);
    },
  });
  const drop = dropZone('Upload a component', async (file, progress) => {
    const chosen = slugInput.value || slugOf(file.name.replace(/\.wasm$/i, '').replaceAll('.', '-'));
    if (!/^[A-Za-z0-9_-]+$/.test(chosen)) {
      throw wrong('Give the function a slug of letters, digits, - and _ first.');
    }
    await upload(`/api/functions/${chosen}/module`, file, { contentType: 'application/wasm', progress });
    created(chosen);
  });
  const content = h(
    'div',
    { class: 'narrow stack' },
    head('New function', { back: ['Functions', to('/functions')] }),
    card('In JavaScript or TypeScript', {}, source),
    card(
      'In any language, as a WebAssembly component',
      {},
      h(
        'p',
        { class: 'faint' },
        'The slug above is used if there is one, else the file’s name. Where a function of that slug exists, this is its next version.',
      ),
      drop,
    ),
  );
  return { title: 'New function', content };
}

function wrong(sentence) {
  const error = new FormError(sentence);
  error.name = 'WrongFile';
  return error;
}

function created(slug) {
  notify(`${slug} is deployed`);
  navigate(`/functions/${slug}`);
}
