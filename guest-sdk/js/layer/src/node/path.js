import path from 'path-browserify';

export const {
  resolve, normalize, isAbsolute, join, relative, dirname, basename, extname, format, parse, sep, delimiter, posix,
} = path;

/** A path without a prefix of the system's own: there is none. */
export const toNamespacedPath = (value) => value;

path.toNamespacedPath = toNamespacedPath;

export default path;
