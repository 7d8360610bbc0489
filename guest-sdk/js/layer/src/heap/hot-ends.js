// What comes after this is for functions that ask for it.
import { native } from '../native.js';

native.heap.arrange();
