// Starts the dashboard.

import { h } from './dom/element.js';
import { onSession, session } from './api/session.js';
import { resume } from './api/client.js';
import { boundary, crash } from './boundary.js';
import { applyTheme } from './theme.js';
import { ROUTES } from './pages/index.js';
import { signInPage } from './pages/sign_in.js';
import { notFoundPage } from './pages/not_found.js';
import { go, start } from './router.js';
import { shell } from './shell.js';
import { announce, announcer } from './ui/announce.js';

applyTheme();
const main = h('main', { id: 'main', tabindex: '-1' });
const frame = shell(main);
let entered = false;
let reason;

/** Shows a page, or asks who is there first. */
async function enter(found, context) {
  document.body.classList.toggle('signed-out', !session());
  frame.update();
  const page = session() ? (found?.page ?? notFoundPage) : signInPage;
  let shown;
  try {
    shown = await page({ ...context, reason });
  } catch (error) {
    shown = { title: 'Error', content: [h('h1', { tabindex: '-1' }, 'Error'), crash(error)] };
  }
  if (context.signal.aborted) {
    return;
  }
  reason = undefined;
  main.replaceChildren(...[shown.content].flat(Infinity).filter(Boolean));
  window.scrollTo(0, 0);
  document.title = `${shown.title} · Wasmforge`;
  // The first page has the focus where the browser put it.
  const field = main.querySelector('[autofocus]');
  if (entered) {
    (field ?? main.querySelector('h1'))?.focus({ preventScroll: true });
    announce(shown.title);
  } else {
    field?.focus();
  }
  entered = true;
}

onSession((why) => {
  reason = why;
  if (entered) {
    go();
  }
});
document.getElementById('app').append(boundary(), ...announcer(), frame);
await resume();
start(ROUTES, enter);
