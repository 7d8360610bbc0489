import './url.js';
import './pattern.js';
