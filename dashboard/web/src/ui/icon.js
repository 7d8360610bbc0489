import { svg } from '../dom/element.js';

/** Drawn on a grid of 16, one stroke wide. */
const PATHS = {
  functions: 'M10.5 3.200c-1.800-.6-2.800.2-3.100 2L5.900 12c-.3 1.300-1.100 1.700-2.200 1.300M4.500 7h5.500M10.300 10l2.700 3.200M13 10l-2.700 3.200',
  invocations: 'M2 8h2.500l2-5 3 10 2-5H14',
  logs: 'M3 4h10M3 8h7M3 12h9',
  secrets: 'M9.800 9.200a3 3 0 1 0-3-3c0 .3 0 .6.1.9L2.500 11.500V13.500h2l.7-.7v-1.300h1.300l2-2.300M10.600 5.400h.01',
  schedules: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.800V8l2.200 1.600',
  triggers: 'M8.800 2 3.500 9H8l-.8 5L12.500 7H8z',
  jobs: 'M2.500 9h3l1 2h3l1-2h3M2.500 9 4.300 3.500h7.400L13.500 9v4h-11z',
  audit: 'M8 2 3 4v4c0 3 2 5.200 5 6 3-.8 5-3 5-6V4zM6 8l1.500 1.500L10.200 6.700',
  nodes: 'M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.01M5 11h.01',
  plus: 'M8 3v10M3 8h10',
  close: 'm4 4 8 8M12 4l-8 8',
  menu: 'M2.500 4.500h11M2.500 8h11M2.500 11.500h11',
  check: 'm3.500 8.500 3 3 6-7',
  warning: 'M8 2.500 14 13H2zM8 6.500v3M8 11.300v.01',
  upload: 'M8 10.500V3M5 5.700 8 2.700l3 3M3 10.500V13h10v-2.500',
  download: 'M8 3v7.500M5 7.800l3 3 3-3M3 10.500V13h10v-2.500',
  theme: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 2v12',
  out: 'M9.500 5V3H3v10h6.500v-2M6.500 8H14M11.700 5.700 14 8l-2.300 2.300',
  play: 'M5 3.500v9l7-4.500z',
  stop: 'M4.500 4.500h7v7h-7z',
  pause: 'M5.500 4v8M10.500 4v8',
  back: 'M9.500 3.500 5 8l4.500 4.500',
  undo: 'M5.500 3 2.500 6l3 3M2.800 6h6.700a3.500 3.500 0 0 1 0 7H6',
  eye: 'M1.500 8S4 3.500 8 3.500 14.500 8 14.500 8 12 12.500 8 12.500 1.500 8 1.500 8ZM8 9.700a1.700 1.700 0 1 0 0-3.400 1.700 1.700 0 0 0 0 3.400Z',
  external: 'M9 3h4v4M13 3 7.500 8.500M11 9.500V13H3V5h3.500',
};

/** A picture that says nothing of its own: what it stands beside has the words. */
export function icon(name) {
  return svg(
    'svg',
    { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: PATHS[name] }),
  );
}
