import './stack.js';
import './report.js';
