/** The error for what a native was refused with; any other error is what it is. */
function explained(Kind, reason) {
  return reason instanceof Error ? reason : new Kind(reason.message, reason);
}

/** The result of a native that does not wait. */
export function done(Kind, work) {
  try {
    return work();
  } catch (reason) {
    throw explained(Kind, reason);
  }
}

/** Where the author is now, for an error that is made in another turn of the event loop, in which nobody called anything. */
export function here() {
  return new Error().stack;
}

/** The result of a native that waits. */
export function settled(Kind, work, stack = here()) {
  return done(Kind, work).then(undefined, (reason) => {
    const error = explained(Kind, reason);
    error.stack = stack;
    throw error;
  });
}
