// Bundles functions and what they import, each into one ES module. Its argument is the folder of esbuild's package. Every
// line of standard input is one function to bundle, as JSON; a line of standard output is what came of it:
// `{ code, inputs }`, `{ problems }` or `{ failure }`.
import { dirname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { Lock } from './lock.mjs';
import { Npm } from './npm.mjs';
import { functionImports } from './plugin.mjs';
import { Remote } from './remote.mjs';

const esbuild = await import(pathToFileURL(join(process.argv[2], 'lib/main.js')));

/** What `exports.default` and `module.exports` are to a function, for an entry that has no `export`. */
const COMMON_JS = `import main from ENTRY;
export default typeof main === 'function' || typeof main?.fetch === 'function' ? main : main?.default;`;

function settings(entry, folder, imports) {
  return {
    ...entry,
    absWorkingDir: folder,
    outfile: join(folder, 'function.js'),
    write: false,
    bundle: true,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker'],
    target: 'es2023',
    charset: 'utf8',
    define: { 'process.env.NODE_ENV': '"production"' },
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'silent',
    plugins: [functionImports(imports)],
  };
}

async function bundle(entry, folder, imports) {
  const result = await esbuild.build(settings({ entryPoints: [entry] }, folder, imports));
  if (result.metafile.inputs[relative(folder, entry)]?.format !== 'cjs') return result;
  const contents = COMMON_JS.replace('ENTRY', () => JSON.stringify(entry));
  const stdin = { contents, resolveDir: folder, sourcefile: 'wasmforge:entry' };
  return esbuild.build(settings({ stdin }, folder, imports));
}

/** A place counts its column from 1, in UTF-16 units; esbuild's from 0, in bytes. */
function problem({ text: message, location }, folder) {
  if (!location) return { message };
  const column = Buffer.from(location.lineText).subarray(0, location.column).toString().length + 1;
  const isFile = !location.namespace || location.namespace === 'file';
  const file = isFile ? resolve(folder, location.file) : location.file.replace(/^remote:/, '');
  return { message, file, line: location.line, column, lineText: location.lineText };
}

async function answer({ entry, cache, lock: lockFile, known }) {
  const folder = dirname(entry);
  const lock = await Lock.read(lockFile);
  const remote = new Remote(join(cache, 'remote'), lock);
  const npm = new Npm(join(cache, 'npm'), lock);
  try {
    const result = await bundle(entry, folder, { known, remote, npm, folder });
    await lock.write();
    const files = Object.keys(result.metafile.inputs).filter((input) => !/^[\w-]+:/.test(input));
    const inputs = files.map((input) => resolve(folder, input));
    return { code: result.outputFiles[0].text, inputs };
  } catch (error) {
    if (!Array.isArray(error.errors)) throw error;
    return { problems: error.errors.map((fault) => problem(fault, folder)) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answered = await answer(JSON.parse(line)).catch((error) => ({ failure: error.message }));
  process.stdout.write(`${JSON.stringify(answered)}\n`);
}
await esbuild.stop();
