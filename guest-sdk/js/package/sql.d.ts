/** What a column can hold. See {@link Sql} for which PostgreSQL type becomes what. */
export type Column = null | boolean | number | bigint | string | Date | Uint8Array | object | Column[];

/** What can be a parameter. An object goes as JSON, an array as a PostgreSQL array. */
export type Parameter =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | ArrayBuffer
  | ArrayBufferView
  | Json
  | Identifier
  | Statement<any>
  | readonly unknown[]
  | object;

/** A row: the columns by their names. */
export type Row = Record<string, any>;

/** All rows of a statement. */
export type Rows<R> = R[] & {
  /** How many rows the statement inserted, updated, deleted or returned. */
  readonly count: number;
};

/** A value that goes as JSON, made by {@link Tag.json}. */
export interface Json {
  readonly text: string;
}

/** A quoted name, made by {@link Tag.identifier}. */
export interface Identifier {
  readonly text: string;
}

/**
 * A statement. Nothing is sent before it is awaited or iterated.
 *
 * Awaited, it runs once, and all its rows are there. Iterated with `for await`, it runs, and its rows are read as they are asked
 * for: PostgreSQL waits for who does not read. Within another statement it is a part of that one.
 */
export interface Statement<R = Row> extends PromiseLike<Rows<R>>, AsyncIterable<R> {
  /** The first row, if there is one. */
  first(): Promise<R | undefined>;
  /** The first column of the first row, if there is one. */
  value<T = any>(): Promise<T | undefined>;
  /** As of any promise. */
  catch<T = never>(rejected?: (reason: any) => T | PromiseLike<T>): Promise<Rows<R> | T>;
  /** As of any promise. */
  finally(work?: () => void): Promise<Rows<R>>;
}

/** Makes statements. */
export interface Tag {
  /**
   * A statement. Values are parameters, never text.
   *
   * ```js
   * const pets = await sql`SELECT id, name FROM pets WHERE owner = ${owner} LIMIT ${10}`;
   * const onlyCats = cats ? sql`AND kind = ${'cat'}` : sql``;
   * const some = await sql`SELECT * FROM pets WHERE owner = ${owner} ${onlyCats}`;
   * ```
   */
  <R = Row>(strings: TemplateStringsArray, ...values: Parameter[]): Statement<R>;
  /** The same for a text that has `$1`, `$2` … itself. */
  query<R = Row>(text: string, parameters?: readonly Parameter[]): Statement<R>;
  /** A name that is not known when the function is written: a column, a table, `identifier('schema', 'table')`. */
  identifier(...names: string[]): Identifier;
  /** A parameter that goes as JSON. Needed for arrays and for texts; an object goes as JSON anyway. */
  json(value: unknown): Json;
}

/**
 * The database, as the caller of the function: row-level security holds without a thought.
 *
 * | PostgreSQL | JavaScript |
 * |---|---|
 * | `bool` | boolean |
 * | `int2`, `int4`, `float4`, `float8` | number |
 * | `int8` | number, or bigint beyond ±(2⁵³ − 1) |
 * | `numeric` | string, in decimal digits |
 * | `timestamptz` | `Date`, exact to the millisecond; `infinity` is a string |
 * | `timestamp`, `date`, `time`, `interval` | string, in ISO 8601 |
 * | `json`, `jsonb` | what it is |
 * | `bytea` | `Uint8Array` |
 * | arrays | arrays, of arrays for more than one dimension |
 * | `NULL` | null |
 * | everything else | string |
 */
export interface Sql extends Tag {
  /**
   * Runs `work` in a transaction. What it did lasts if it succeeds, and is undone if it throws.
   *
   * ```js
   * await sql.begin(async (tx) => {
   *   await tx`UPDATE accounts SET cents = cents - ${100} WHERE id = ${1}`;
   *   await tx`UPDATE accounts SET cents = cents + ${100} WHERE id = ${2}`;
   * });
   * ```
   */
  begin<T>(work: (tx: Tag) => T | PromiseLike<T>): Promise<Awaited<T>>;
}

/** The database. */
export const sql: Sql & {
  /** The database as the platform itself: no row-level security. Needs the grant `"sql": "service"`. */
  asService(): Sql;
};
