import './blob.js';
import './file.js';
import './reader.js';
