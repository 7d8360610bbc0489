import { settled } from '../call.js';
import { SqlError } from '../errors.js';

/** The rows of a native's reader. */
export async function* batches(reader) {
  try {
    for (;;) {
      const rows = await settled(SqlError, () => reader.next());
      if (rows.length === 0) return;
      for (const row of rows) yield row;
    }
  } finally {
    reader.close();
  }
}
