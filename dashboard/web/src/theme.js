// Light, dark, or as the system has it. The choice is the one thing that the dashboard keeps beyond the tab.

const KEY = 'wasmforge.theme';

/** `[value, label]` */
export const THEMES = [
  ['system', 'System'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];

/** What was chosen. */
export function theme() {
  try {
    return localStorage.getItem(KEY) ?? 'system';
  } catch {
    return 'system';
  }
}

/** Shows the page as it was chosen. */
export function applyTheme() {
  const chosen = theme();
  if (chosen === 'system') {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = chosen;
  }
}

/** Chooses. */
export function chooseTheme(value) {
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // Then it lasts until the page is left.
  }
  document.documentElement.dataset.theme = value;
  if (value === 'system') {
    delete document.documentElement.dataset.theme;
  }
}
