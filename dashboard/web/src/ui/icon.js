import { svg } from '../dom/element.js';

/** Drawn on a grid of 16, one stroke wide. */
const PATHS = {
  functions:
    'M10.5 3.200c-1.8-.6-2.8.2-3.1 2L5.9 12c-.3 1.3-1.1 1.7-2.2 1.300M4.5 7h5.500M10.3 10l2.7 3.200M13 10l-2.7 3.2',
  invocations: 'M2 8h2.500l2-5 3 10 2-5H14',
  logs: 'M3 4h10M3 8h7M3 12h9',
  secrets: 'M9.8 9.200a3 3 0 1 0-3-3c0 .3 0 .6.1.9L2.5 11.500V13.500h2l.7-.7v-1.300h1.300l2-2.300M10.6 5.400h.01',
  schedules: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.800V8l2.2 1.6',
  triggers: 'M8.8 2 3.5 9H8l-.8 5L12.5 7H8z',
  jobs: 'M2.5 9h3l1 2h3l1-2h3M2.5 9 4.3 3.500h7.400L13.5 9v4h-11z',
  audit: 'M8 2 3 4v4c0 3 2 5.2 5 6 3-.8 5-3 5-6V4zM6 8l1.5 1.500L10.2 6.7',
  nodes: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.01M5 11h.01',
  plus: 'M8 3v10M3 8h10',
  close: 'm4 4 8 8M12 4l-8 8',
  menu: 'M2.5 4.500h11M2.5 8h11M2.5 11.500h11',
  check: 'm3.5 8.5 3 3 6-7',
  warning: 'M8 2.5 14 13H2zM8 6.500v3M8 11.300v.01',
  upload: 'M8 10.500V3M5 5.7 8 2.700l3 3M3 10.500V13h10v-2.5',
  download: 'M8 3v7.500M5 7.800l3 3 3-3M3 10.500V13h10v-2.5',
  theme: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 2v12',
  out: 'M9.5 5V3H3v10h6.500v-2M6.5 8H14M11.7 5.7 14 8l-2.3 2.3',
  play: 'M5 3.500v9l7-4.500z',
  stop: 'M4.5 4.500h7v7h-7z',
  pause: 'M5.5 4v8M10.5 4v8',
  back: 'M9.5 3.5 5 8l4.5 4.5',
  undo: 'M5.5 3 2.5 6l3 3M2.8 6h6.700a3.5 3.5 0 0 1 0 7H6',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 9.700a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.400Z',
  external: 'M9 3h4v4M13 3 7.5 8.500M11 9.500V13H3V5h3.5',
};

/** A picture that says nothing of its own: what it stands beside has the words. */
export function icon(name) {
  return svg(
    'svg',
    { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: PATHS[name] }),
  );
}
