// Redrawing without losing focus, selection, scroll position or what somebody types.

import { LISTENERS, attach, nodes } from './element.js';

/** Makes the children of `parent` look like `wanted`, and keeps the elements that are there where they are alike. */
export function patch(parent, ...wanted) {
  const news = nodes(wanted);
  const keyed = new Map();
  for (const child of parent.children) {
    if (child.dataset?.key) {
      keyed.set(child.dataset.key, child);
    }
  }
  let at = parent.firstChild;
  for (const next of news) {
    const key = next.dataset?.key;
    const found = key ? keyed.get(key) : at;
    if (found && alike(found, next)) {
      if (found !== at) {
        parent.insertBefore(found, at);
      }
      update(found, next);
      at = found.nextSibling;
    } else {
      parent.insertBefore(next, at);
    }
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

function alike(old, next) {
  return (
    old.nodeType === next.nodeType &&
    old.nodeName === next.nodeName &&
    (old.dataset?.key ?? '') === (next.dataset?.key ?? '')
  );
}

function update(old, next) {
  if (old === next) {
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) {
      old.data = next.data;
    }
    return;
  }
  // What manages its own content is not looked into.
  if (old.dataset?.keep) {
    return;
  }
  updateAttributes(old, next);
  updateListeners(old, next);
  patch(old, ...next.childNodes);
  if (old.matches('input, select, textarea') && old !== document.activeElement) {
    old.value = next.value;
    old.checked = next.checked;
  }
}

function updateAttributes(old, next) {
  for (const { name } of [...old.attributes]) {
    // A disclosure that somebody opened stays open.
    if (!next.hasAttribute(name) && !(name === 'open' && old.nodeName === 'DETAILS')) {
      old.removeAttribute(name);
    }
  }
  for (const { name, value } of next.attributes) {
    if (name === 'style') {
      old.style.cssText = next.style.cssText;
    } else if (old.getAttribute(name) !== value) {
      old.setAttribute(name, value);
    }
  }
}

function updateListeners(old, next) {
  for (const type of Object.keys(next[LISTENERS] ?? {})) {
    attach(old, type);
  }
  old[LISTENERS] = next[LISTENERS];
}
