// Pages by address, within `/dashboard`, without loading the document anew.

import { match } from './logic/routes.js';

/** Where the dashboard is. */
export const BASE = '/dashboard';

let routes = [];
let show = () => {};
let leave = new AbortController();
let guard = null;
/** The address that is shown, which is not the browser's while somebody decides whether to leave it. */
let shown = '';

/** Starts showing pages. `enter(found, context)` is called for each; `found` is `{page, params}` or `null`. */
export function start(table, enter) {
  routes = table;
  show = enter;
  document.addEventListener('click', followLink);
  window.addEventListener('popstate', () => (stays() ? history.pushState(null, '', shown) : go()));
  window.addEventListener('beforeunload', (event) => guard?.() && event.preventDefault());
  go();
}

function followLink(event) {
  const link = event.target.closest?.('a[href]');
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute('download')) {
    return;
  }
  const url = new URL(link.href);
  if (url.origin === location.origin && (url.pathname === BASE || url.pathname.startsWith(`${BASE}/`))) {
    event.preventDefault();
    if (!url.hash || url.pathname !== location.pathname) {
      navigate(url.pathname + url.search);
    }
  }
}

/** Goes to an address of the dashboard. `replace` leaves no trace of where one was. */
export function navigate(path, { replace = false } = {}) {
  if (stays()) {
    return;
  }
  history[replace ? 'replaceState' : 'pushState'](null, '', path.startsWith(BASE) ? path : BASE + path);
  go();
}

/** Whether somebody would lose changes by leaving, and does not want to. */
function stays() {
  return guard?.() && !window.confirm('There are changes that are not deployed. Leave them?');
}

/** Changes the address's parameters and shows the same page, which reads them by itself. */
export function setQuery(query) {
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
  history.replaceState(null, '', location.pathname + (text ? `?${text}` : ''));
}

/** Shows the page of the present address again. */
export function go() {
  leave.abort();
  leave = new AbortController();
  guard = null;
  shown = location.pathname + location.search;
  const found = match(routes, location.pathname.slice(BASE.length));
  const query = Object.fromEntries(new URLSearchParams(location.search));
  show(found, {
    params: found?.params ?? {},
    query,
    signal: leave.signal,
    /** Asks before the page is left while `changed()`. */
    guard: (changed) => {
      guard = changed;
    },
  });
}

/** An address of the dashboard. */
export function to(path) {
  return BASE + path;
}
