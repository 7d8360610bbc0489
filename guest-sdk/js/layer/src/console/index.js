import { define } from '../global.js';
import { native } from '../native.js';

const { log } = native.console;

define('console', {
  debug: (...values) => log(1, values.map(String).join(' ')),
  log: (...values) => log(2, values.map(String).join(' ')),
  info: (...values) => log(2, values.map(String).join(' ')),
  warn: (...values) => log(3, values.map(String).join(' ')),
  error: (...values) => log(4, values.map(String).join(' ')),
});
