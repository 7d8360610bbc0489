// `navigator`, of which servers have the name.
import { define } from '../global.js';
import { expose } from '../idl/index.js';
import { native } from '../native.js';

const OWN = Symbol('navigator');

class Navigator {
  constructor(own = undefined) {
    if (own !== OWN) throw new TypeError('Illegal constructor');
  }

  get userAgent() {
    return native.userAgent;
  }
}

expose({ Navigator });
define('navigator', new Navigator(OWN));
