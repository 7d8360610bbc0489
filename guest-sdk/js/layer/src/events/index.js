import './kinds.js';
import './abort.js';
import './scope.js';
