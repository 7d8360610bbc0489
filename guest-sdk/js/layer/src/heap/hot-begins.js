// From here to `hot-ends.js` comes what every request touches. In pages of its own it costs a request few of them.
import { native } from '../native.js';

native.heap.arrange();
