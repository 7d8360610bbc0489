import './headers.js';
import './request.js';
import './response.js';
import './fetch.js';
