// The server under test, and one for the files that tests fetch.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const TYPES = { json: 'application/json', js: 'text/javascript', idl: 'text/plain', txt: 'text/plain' };

/** Serves a folder on a free port of this machine. */
export async function serveFiles(root) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    try {
      const content = await readFile(join(root, path));
      response.writeHead(200, { 'content-type': TYPES[path.split('.').pop()] ?? 'application/octet-stream' });
      response.end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, stop: () => server.close() };
}

/** Runs a function on a free port of this machine. */
export async function startFunction(binary, file) {
  const child = spawn(binary, ['run', fileURLToPath(file), '--allow-private-network'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const url = new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const found = /^listening on (\S+?)\/?$/.exec(line)?.[1];
      if (found) resolve(found);
      else if (process.env.WPT_LOG) console.error(line);
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`${binary} ended with ${code}`)));
  });
  return { url: await url, stop: () => child.kill() };
}
