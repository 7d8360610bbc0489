import { process } from '../env/process.js';

export const {
  env, argv, execArgv, pid, arch, platform, browser, title, version, versions, release, cwd, uptime, hrtime, nextTick,
  emitWarning, exit, on, once, off, addListener, removeListener, removeAllListeners, emit, listeners, listenerCount,
} = process;

export default process;
