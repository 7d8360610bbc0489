// The text of server-sent events, as the HTML standard describes it.

/** A function that is given text as it comes, in any pieces, and calls `each({event, data, id})` for every whole event. */
export function eventParser(each) {
  let rest = '';
  let event = blank();
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === '') {
        if (event.data.length) {
          each({ event: event.event || 'message', data: event.data.join('\n'), id: event.id });
        }
        event = blank();
      } else {
        field(event, line);
      }
    }
  };
}

function blank() {
  return { event: '', data: [], id: undefined };
}

function field(event, line) {
  const colon = line.indexOf(':');
  // A line that begins with a colon is a comment: a heartbeat.
  if (colon === 0) {
    return;
  }
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (name === 'data') {
    event.data.push(value);
  } else if (name === 'event' || name === 'id') {
    event[name] = value;
  }
}
