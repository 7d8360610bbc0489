import { define } from '../global.js';
import { secrets } from './variables.js';

const variables = {};
let isRead = false;

/** The secrets, and `NODE_ENV`, which is `production` where no secret says otherwise. */
function read() {
  if (!isRead) {
    isRead = true;
    Object.assign(variables, { NODE_ENV: 'production' }, secrets());
  }
  return variables;
}

/** Asks the host when somebody looks, and not when the object is only handed on, as an import does. */
const env = new Proxy(variables, {
  get: (_, name) => Reflect.get(read(), name),
  has: (_, name) => Reflect.has(read(), name),
  set: (_, name, value) => Reflect.set(read(), name, typeof name === 'symbol' ? value : String(value)),
  deleteProperty: (_, name) => Reflect.deleteProperty(read(), name),
  ownKeys: () => Reflect.ownKeys(read()),
  getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(read(), name),
});

const hrtime = (since = [0, 0]) => {
  const now = performance.now();
  const seconds = Math.floor(now / 1000);
  const nanoseconds = Math.floor((now % 1000) * 1e6) - since[1];
  return nanoseconds < 0 ? [seconds - since[0] - 1, nanoseconds + 1e9] : [seconds - since[0], nanoseconds];
};
hrtime.bigint = () => BigInt(Math.floor(performance.now() * 1e6));

/** As much of Node's `process` as code for the web looks at. Listeners are never called: there is no process to end. */
export const process = {
  env,
  argv: [],
  execArgv: [],
  pid: 1,
  arch: 'wasm32',
  platform: 'linux',
  browser: false,
  exitCode: undefined,
  title: 'wasmforge',
  version: 'v22.0.0',
  versions: { node: '22.0.0' },
  release: { name: 'node' },
  cwd: () => '/',
  uptime: () => performance.now() / 1000,
  hrtime,
  nextTick(callback, ...values) {
    if (typeof callback !== 'function') throw new TypeError('process.nextTick needs a function');
    queueMicrotask(() => callback(...values));
  },
  emitWarning: (warning) => console.warn(warning instanceof Error ? warning : `Warning: ${warning}`),
  exit() {
    throw new Error('process.exit is not available: a function ends with its response');
  },
};

for (const name of ['on', 'once', 'off', 'addListener', 'removeListener', 'removeAllListeners']) {
  process[name] = () => process;
}
process.emit = () => false;
process.listeners = () => [];
process.listenerCount = () => 0;

Object.defineProperty(process, Symbol.toStringTag, { value: 'process', configurable: true });

define('process', process);
