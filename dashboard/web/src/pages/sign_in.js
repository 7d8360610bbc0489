import { h } from '../dom/element.js';
import { patch } from '../dom/patch.js';
import { signIn, signInWithKey } from '../api/client.js';
import { ApiError } from '../api/error.js';
import { form, text } from '../ui/form.js';
import { notice } from '../ui/state.js';

/** Who is there? By user name and password, or by API key. */
export function signInPage({ reason }) {
  const area = h('div', {});
  const draw = (way) => patch(area, way === 'key' ? byKey(() => draw('password')) : byPassword(() => draw('key')));
  draw('password');
  const content = h(
    'div',
    { class: 'sign-in' },
    h('img', { src: '/dashboard/icon.svg', alt: '', width: 40, height: 40 }),
    h('h1', { tabindex: '-1' }, 'Sign in to Wasmforge'),
    reason && notice('info', h('p', {}, reason)),
    area,
  );
  return { title: 'Sign in', content };
}

function byPassword(other) {
  return form({
    'data-key': 'password',
    fields: [
      text('User name', { name: 'username', required: true, autocomplete: 'username', autofocus: true }),
      text('Password', { name: 'password', type: 'password', required: true, autocomplete: 'current-password' }),
    ],
    action: 'Sign in',
    submit: ({ username, password }) =>
      signIn(username, password).catch(plainly('The user name or the password is wrong.')),
    extra: otherWay('Use an API key', other),
  });
}

function byKey(other) {
  return form({
    'data-key': 'key',
    fields: text(
      'API key',
      { name: 'key', type: 'password', required: true, placeholder: 'ik_…', autofocus: true },
      { hint: 'It stays in this tab until the tab is closed or you sign out.' },
    ),
    action: 'Sign in',
    submit: ({ key }) => signInWithKey(key.trim()).catch(plainly('This API key is not accepted.')),
    extra: otherWay('Use a password', other),
  });
}

function otherWay(label, onclick) {
  return h(
    'button',
    {
      type: 'button',
      class: 'button button-quiet',
      onclick: () => {
        onclick();
        document.querySelector('.sign-in input')?.focus();
      },
    },
    label,
  );
}

function plainly(sentence) {
  return (error) => {
    throw error.status === 401 || error.status === 403 ? new ApiError(error.status, error.code, sentence) : error;
  };
}
