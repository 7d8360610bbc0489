// `URLPattern`: the package urlpattern-polyfill.
import { URLPattern } from 'urlpattern-polyfill/urlpattern';
import { expose } from '../idl/index.js';

expose({ URLPattern });
