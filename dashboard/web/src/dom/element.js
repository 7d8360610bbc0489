// Elements from JavaScript. Text is always text: nothing here parses HTML.

const SVG = 'http://www.w3.org/2000/svg';
/** Under which an element keeps its listeners, so that a patched element gets those of the newer one. */
export const LISTENERS = Symbol('listeners');

/**
 * An element with properties and children. `on*` are listeners; `class`, `aria-*`, `data-*` and all others attributes;
 * `true` is an empty attribute, `false`, `null` and `undefined` none; `style` is an object, set through the CSSOM, which the
 * page's policy allows where it forbids the attribute.
 */
export function h(tag, properties, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function svg(tag, properties, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    set(element, name, value);
  }
  element.append(...nodes(children));
  // A select has its value only once its options are there.
  if (properties?.value !== undefined && 'value' in element) {
    element.value = properties.value;
  }
  return element;
}

function set(element, name, value) {
  if (name.startsWith('on')) {
    listen(element, name.slice(2), value);
  } else if (name === 'style') {
    Object.entries(value).forEach(([property, text]) => element.style.setProperty(property, text));
  } else if (name === 'checked' || name === 'indeterminate') {
    element[name] = Boolean(value);
  } else if (name === 'value' && 'value' in element) {
    // Set when the children are there.
  } else if (value !== undefined && value !== null && value !== false) {
    element.setAttribute(name, value === true ? '' : value);
  }
}

function listen(element, type, listener) {
  if (!listener) {
    return;
  }
  element[LISTENERS] ??= {};
  element[LISTENERS][type] = listener;
  attach(element, type);
}

/** Has an element call whichever listener of this type it has at that time. */
export function attach(element, type) {
  element.addEventListener(type, dispatch);
}

function dispatch(event) {
  return this[LISTENERS]?.[event.type]?.call(this, event);
}

/** Children as nodes: arrays are flattened, nothing is left out, everything else is text. */
export function nodes(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== '')
    .map((child) => (child instanceof Node ? child : document.createTextNode(String(child))));
}
