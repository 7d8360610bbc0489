// `Math.random` with a seed of the instance's own.
import { native } from '../native.js';

Object.defineProperty(Math, 'random', { value: native.random, writable: true, configurable: true, enumerable: false });
