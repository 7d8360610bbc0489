import './encoder.js';
import './decoder.js';
import './streams.js';
