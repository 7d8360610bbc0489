// The functions of a folder, as text: what both servers of Deno's are started with.

/** Reads every `NAME.js` of `folder`. */
export async function readFunctions(folder) {
  const functions = new Map();
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith('.js')) functions.set(name.slice(0, -3), await Deno.readTextFile(`${folder}/${name}`));
  }
  return functions;
}

/** Serves on a free port of loopback, and says on standard error which. */
export function serve(answer) {
  const onListen = ({ port }) => console.error(`listening on http://127.0.0.1:${port}/`);
  Deno.serve({ hostname: '127.0.0.1', port: 0, onListen }, answer);
}

/** The function that a URL names. */
export const slugOf = (url) => new URL(url).pathname.slice(1);
