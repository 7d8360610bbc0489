import { native } from '../native.js';

let variables;

/** The function's secrets, as an object without a prototype. The host is asked when they are first looked at. */
export function secrets() {
  if (variables === undefined) {
    variables = Object.create(null);
    const pairs = native.env.all();
    for (let at = 0; at < pairs.length; at += 2) variables[pairs[at]] = pairs[at + 1];
  }
  return variables;
}
