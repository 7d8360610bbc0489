//! `sql`: statements, values, transactions, errors.

use super::{ANN, Probe, error};
use serde_json::json;

const SCHEMA: &str = "
    CREATE TABLE pets (id int PRIMARY KEY, name text NOT NULL, owner uuid DEFAULT auth.uid());
    GRANT SELECT, INSERT, UPDATE, DELETE ON pets TO authenticated;
    CREATE TABLE hidden (id int);
    REVOKE ALL ON hidden FROM anon, authenticated;";

async fn probe() -> Probe {
    let probe = Probe::start().await;
    probe.database.execute(SCHEMA).await;
    probe
}

#[tokio::test]
async fn a_column_is_what_javascript_has_for_its_type() {
    let probe = probe().await;
    for (expression, value) in [
        ("true", json!(true)),
        ("NULL::int", json!(null)),
        ("32767::int2", json!(32767)),
        ("9007199254740991::int8", json!(9_007_199_254_740_991_i64)),
        ("9007199254740992::int8", json!("9007199254740992n")),
        ("(-9223372036854775808)::int8", json!("-9223372036854775808n")),
        ("0.1::float4", json!(0.1)),
        ("1.5e300::float8", json!(1.5e300)),
        ("1.10::numeric", json!("1.10")),
        ("'ü'::text", json!("ü")),
        ("'\\\\x00ff'::bytea", json!("bytes 0,255")),
        ("'2026-02-28 23:59:59.123456+00'::timestamptz", json!("Date 2026-02-28T23:59:59.123Z")),
        ("'-infinity'::timestamptz", json!("-infinity")),
        ("'2026-02-28'::date", json!("2026-02-28")),
        ("'2026-02-28 10:00'::timestamp", json!("2026-02-28T10:00:00")),
        ("'{\"a\": [1, null]}'::jsonb", json!({ "a": [1, null] })),
        ("ARRAY[[1,2],[3,4]]", json!([[1, 2], [3, 4]])),
        ("ARRAY['a',NULL]", json!(["a", null])),
        ("'{}'::int[]", json!([])),
        ("'10.0.0.0/8'::cidr", json!("10.0.0.0/8")),
    ] {
        let script = format!("return sql`SELECT {expression} AS value`.value()");
        assert_eq!(probe.value(&script).await, value, "{expression}");
    }
}

#[tokio::test]
async fn a_parameter_is_read_as_the_type_that_the_statement_expects() {
    let probe = probe().await;
    for (value, kind, text) in [
        ("1", "int", "1"),
        ("1.5", "numeric", "1.5"),
        ("-0", "float8", "0"),
        ("NaN", "float8", "NaN"),
        ("10n ** 18n", "int8", "1000000000000000000"),
        ("true", "bool", "true"),
        ("'a'", "text", "a"),
        ("'7'", "int", "7"),
        ("new Date(0)", "timestamp", "1970-01-01 00:00:00"),
        ("new Uint8Array([0, 255])", "bytea", "\\x00ff"),
        ("new Uint8Array([0, 255]).buffer", "bytea", "\\x00ff"),
        ("{ a: 'x' }", "jsonb", "{\"a\": \"x\"}"),
        ("sql.json([1, 'x'])", "jsonb", "[1, \"x\"]"),
        ("[1, null, 3]", "int[]", "{1,NULL,3}"),
        ("[[1], [2]]", "int[]", "{{1},{2}}"),
        ("['a\"b', 'c\\\\d', 'NULL', '', '{}']", "text[]", "{\"a\\\"b\",\"c\\\\d\",\"NULL\",\"\",\"{}\"}"),
        ("[new Uint8Array([92])]", "bytea[]", "{\"\\\\x5c\"}"),
        ("[]", "text[]", "{}"),
    ] {
        let script = format!("return sql`SELECT (${{{value}}}::{kind})::text`.value()");
        assert_eq!(probe.value(&script).await, text, "{value} as {kind}");
    }
    assert_eq!(probe.value("return sql`SELECT ${null}::int`.value()").await, json!(null));
    assert_eq!(probe.error("sql`SELECT ${undefined}::int`").await["name"], "TypeError");
    assert_eq!(probe.error("sql`SELECT ${() => 1}::int`").await["name"], "TypeError");
}

#[tokio::test]
async fn rows_know_how_many_they_are_and_a_statement_runs_once() {
    let probe = probe().await;
    let script = "
        const insert = sql`INSERT INTO pets (id, name) VALUES (${1}, ${'Rex'}), (2, 'Tom') RETURNING id`;
        const [rows, again] = [await insert, await insert];
        const update = await sql`UPDATE pets SET name = ${'x'} WHERE id > ${1}`;
        const { owner } = await sql`SELECT owner FROM pets`.first();
        return [rows, rows.count, rows === again, update.count, owner, await sql`SELECT 1 WHERE false`.first()];";
    let expected = json!([[{ "id": 1 }, { "id": 2 }], 2, true, 1, ANN, "undefined"]);
    assert_eq!(probe.value(script).await, expected);
}

#[tokio::test]
async fn statements_are_put_together_from_parts() {
    let probe = probe().await;
    let script = r#"
        await sql`INSERT INTO pets (id, name) VALUES (1, 'Rex'), (2, 'Tom')`;
        const named = sql`name = ${'Tom'}`;
        const none = sql``;
        const some = sql`SELECT ${sql.identifier('id')} FROM ${sql.identifier('public', 'pets')} WHERE ${named} ${none} AND id = ${2}`;
        const text = await sql.query('SELECT $1::int + $2::int AS sum', [1, 2]).value();
        const odd = await sql`SELECT 1 AS ${sql.identifier('a"b')}`.first();
        return [await some, text, Object.keys(odd)];"#;
    assert_eq!(probe.value(script).await, json!([[{ "id": 2 }], 3, ["a\"b"]]));
    assert_eq!(probe.error("sql`${sql.query('SELECT 1')}`").await["name"], "TypeError");
    assert_eq!(probe.error("sql('SELECT 1')").await["name"], "TypeError");
}

#[tokio::test]
async fn rows_are_read_as_they_are_asked_for() {
    let probe = probe().await;
    let script = "
        let sum = 0;
        for await (const { n } of sql`SELECT n FROM generate_series(1, ${2500}) n`) sum += n;
        const some = [];
        for await (const { n } of sql`SELECT n FROM generate_series(1, 100000000) n`) {
            some.push(n);
            if (some.length === 3) break;
        }
        return [sum, some, await sql`SELECT 1 AS one`.value()];";
    assert_eq!(probe.value(script).await, json!([3_126_250, [1, 2, 3], 1]));
}

#[tokio::test]
async fn a_transaction_lasts_if_its_work_succeeds_and_is_undone_if_it_throws() {
    let probe = probe().await;
    let script = "
        const told = await sql.begin(async (tx) => {
            await tx`INSERT INTO pets (id, name) VALUES (1, 'Rex')`;
            const [a, b] = await Promise.all([tx`SELECT 1 AS n`.value(), tx`SELECT 2 AS n`.value()]);
            const rows = [];
            for await (const { n } of tx`SELECT * FROM generate_series(1, 3) n`) rows.push(n);
            return [a, b, rows];
        });
        const undone = await sql.begin(async (tx) => {
            await tx`INSERT INTO pets (id, name) VALUES (2, 'Tom')`;
            throw new Error('no');
        }).catch((error) => error.message);
        return [told, undone, await sql`SELECT count(*) FROM pets`.value()];";
    assert_eq!(probe.value(script).await, json!([[1, 2, [1, 2, 3]], "no", 1]));
    let late = "sql.begin((tx) => ({ tx })).then(({ tx }) => tx`SELECT 1`)";
    assert_eq!(probe.error(late).await, error("SqlError", "ended", 500));
    let beside = "sql.begin(async (tx) => { for await (const row of tx`SELECT 1`) await tx`SELECT 2`; })";
    assert_eq!(probe.error(beside).await, error("SqlError", "busy", 500));
    assert_eq!(probe.error("sql.begin()").await["name"], "TypeError");
}

#[tokio::test]
async fn an_error_tells_what_the_database_said_and_answers_a_request_that_does_not_catch_it() {
    let probe = probe().await;
    assert_eq!(probe.error("sql`SELEC`").await, error("SqlError", "database", 500));
    assert_eq!(probe.error("sql`SELECT * FROM hidden`").await, error("SqlError", "database", 403));
    assert_eq!(probe.error("sql.asService()`SELECT 1`").await, error("SqlError", "not-granted", 500));
    let script = "
        await sql`INSERT INTO pets (id, name) VALUES (1, 'Rex')`;
        try { await sql`INSERT INTO pets (id, name) VALUES (1, 'Rex')`; } catch (error) {
            return [error.sqlstate, error.table, error.constraint, error instanceof SqlError, error instanceof ServiceError];
        }";
    assert_eq!(probe.value(script).await, json!(["23505", "pets", "pets_pkey", true, true]));
    let uncaught = probe.answer("return sql`INSERT INTO pets (id, name) VALUES (1, 'Rex')`", "").await;
    assert_eq!(uncaught.code(), 409, "{uncaught:?}");
    assert!(uncaught.json()["error"].as_str().unwrap().contains("pets_pkey"), "{uncaught:?}");
    probe.grant(json!({ "sql": "service" })).await;
    assert_eq!(probe.value("return sql.asService()`SELECT count(*) FROM hidden`.value()").await, 0);
}
