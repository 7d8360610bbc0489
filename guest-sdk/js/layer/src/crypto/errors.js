/** An exception of the web platform. */
export const refusal = (name, message) => new DOMException(message, name);

/** Throws unless `condition` holds. */
export function must(condition, name, message) {
  if (!condition) throw refusal(name, message);
}

/** A native with its errors as those of the web platform. */
export function checked(operation) {
  return (...values) => {
    try {
      return operation(...values);
    } catch (error) {
      throw error instanceof TypeError ? error : refusal(error.name, error.message);
    }
  };
}
