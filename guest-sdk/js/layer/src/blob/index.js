import './blob.js';
import './file.js';
