//! Values of every type, there and back; wrong ones; too large ones.

use super::{Probe, database_error, refusal};
use serde_json::{Value, json};

/// Expressions whose values must come back as they went.
const ROUND_TRIPS: &[&str] = &[
    "true",
    "NULL::bool",
    "(-32768)::int2",
    "2147483647::int4",
    "(-9223372036854775808)::int8",
    "4294967295::oid",
    "1.5::float4",
    "'NaN'::float8",
    "'-Infinity'::float8",
    "1e300::float8",
    "0.1::float8",
    "123456789012345678901234567890.123456789::numeric",
    "0::numeric(10,5)",
    "'-0.00012'::numeric",
    "'NaN'::numeric",
    "'Infinity'::numeric",
    "1e-20::numeric",
    "100000000::numeric",
    "'text with \"quotes\", \\ and ü'::text",
    "''::text",
    "'padded'::char(10)",
    "'v'::varchar(5)",
    "'n'::name",
    "'\\x00ff10'::bytea",
    "''::bytea",
    "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
    "'2026-02-28'::date",
    "'0044-03-15 BC'::date",
    "'infinity'::date",
    "'24:00:00'::time",
    "'12:34:56.789012'::time",
    "'2026-02-28 23:59:59.999999'::timestamp",
    "'-infinity'::timestamp",
    "'1969-12-31 23:59:59+00'::timestamptz",
    "'0001-01-01 00:00:00 BC'::timestamp",
    "'1 year 2 mons -3 days 04:05:06.7'::interval",
    "'{\"a\": [1, null, \"x\"]}'::jsonb",
    "'{\"b\":   1}'::json",
    "'null'::jsonb",
    "'happy'::mood",
    "'7'::positive",
    "'10.0.0.0/8'::inet",
    "'(1,2)'::point",
    "'[1,5)'::int4range",
    "'12:00+02'::timetz",
    "'$5.00'::money",
    "B'101'::bit(3)",
    "'08:00:2b:01:02:03'::macaddr",
    "ARRAY[1,NULL,3]::int4[]",
    "ARRAY[[1,2],[3,4]]::int8[]",
    "'{}'::text[]",
    "ARRAY['a\"b','NULL',NULL,'']::text[]",
    "ARRAY[true,false]",
    "ARRAY['\\xff'::bytea]",
    "ARRAY['2026-01-01'::date]",
    "ARRAY[1.50,2]::numeric[]",
    "ARRAY['sad','happy']::mood[]",
    "ARRAY['{\"a\":1}'::jsonb]",
    "ARRAY['1 day'::interval]",
    "NULL::int4[]",
    "ARRAY['2026-02-28 12:00:00+00'::timestamptz]",
    "ARRAY[1.5,'NaN']::float8[]",
];

#[tokio::test]
async fn values_of_every_type_come_back_as_they_went() {
    let probe = Probe::start().await;
    probe.database.execute("CREATE TYPE mood AS ENUM ('happy', 'sad')").await;
    probe.database.execute("CREATE DOMAIN positive AS int CHECK (VALUE > 0)").await;
    let steps: Vec<_> = ROUND_TRIPS.iter().map(|expression| json!({ "round_trip": expression })).collect();
    let results = probe.steps("/caller", "", json!(steps)).await;
    let lost: Vec<_> = ROUND_TRIPS.iter().zip(&results).filter(|(_, result)| result["ok"] != true).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

#[tokio::test]
async fn results_say_what_postgresql_says() {
    let probe = Probe::start().await;
    let row = probe.rows(
        "SELECT 1::int2, 2, 3::int8, 'x', NULL, '\\x0102'::bytea, '2026-01-02'::date, '(1,2)'::point, 12.50::numeric",
    );
    assert_eq!(
        row.await,
        json!([[1, 2, 3, "x", null, { "bytes": [1, 2] }, "Date(Date(20455))", "(1,2)", "Numeric(\"12.50\")"]])
    );
    assert_eq!(probe.rows("SELECT 1 WHERE false").await, json!([]));
    assert_eq!(probe.rows("SELECT pg_notify('x', 'y')").await, json!([[null]]));
    assert_eq!(probe.rows("SHOW server_encoding;").await, json!([["UTF8"]]));
    assert_eq!(probe.rows("").await, json!([]));
    assert_eq!(probe.rows("SELECT '10.0.0.1'::inet, 1 -- the end;").await, json!([["10.0.0.1/32", 1]]));
    let strange = "INSERT INTO open VALUES (1, 'a') RETURNING n, '1.2.3.4'::inet";
    assert_eq!(probe.rows(strange).await, json!([[1, "1.2.3.4/32"]]));
    let hidden =
        "WITH new AS (INSERT INTO open VALUES (2, 'a') RETURNING n) SELECT n, '1.2.3.4'::inet FROM new";
    assert_eq!(probe.refusal(hidden).await.0, "Unsupported");
}

#[tokio::test]
async fn counts_are_of_rows() {
    let probe = Probe::start().await;
    let steps = json!([
        { "execute": "INSERT INTO open SELECT n, 'x' FROM generate_series(1, 5) n" },
        { "execute": "UPDATE open SET body = $2 WHERE n > $1", "params": [2, "y"] },
        { "query": "DELETE FROM open WHERE n = $1 RETURNING body", "params": [4] },
        { "execute": "SELECT FROM open" },
        { "execute": "SET work_mem = '5MB'" },
        { "stream": "SELECT n FROM generate_series(1, 3000) n" },
        { "stream": "SELECT n FROM generate_series(1, 10000000) n", "take": 700 },
        { "at_once": "SELECT pg_sleep(0.01)", "times": 20 },
        { "repeat": "SELECT body FROM open WHERE n = $1", "times": 50, "params": [1] },
    ]);
    let results = probe.steps("/caller", "", steps).await;
    let expected = [
        json!(5),
        json!(3),
        json!([["y"]]),
        json!(4),
        json!(0),
        json!(3000),
        json!(700),
        json!(vec![1; 20]),
        json!(50),
    ];
    for (result, expected) in results.iter().zip(&expected) {
        assert_eq!(&result["ok"], expected, "{results:#?}");
    }
}

#[tokio::test]
async fn parameters_are_never_part_of_the_statement() {
    let probe = Probe::start().await;
    let evil = "'); DROP TABLE open; --";
    let steps = json!([
        { "execute": "INSERT INTO open VALUES ($1, $2)", "params": [1, evil] },
        { "query": "SELECT body FROM open WHERE body = $1", "params": [evil] },
        { "query": "SELECT $1::text[]", "params": [["a", "{\"b\",}", evil]] },
        { "query": "SELECT ($1::jsonb)->>'a'", "params": [{ "json": { "a": evil } }] },
    ]);
    let results = probe.steps("/caller", "", steps).await;
    assert_eq!(results[1]["ok"], json!([[evil]]));
    assert!(results[2]["ok"][0][0].as_str().unwrap().contains("DROP TABLE"), "{results:?}");
    assert_eq!(results[3]["ok"], json!([[evil]]));
}

#[tokio::test]
async fn parameters_that_do_not_fit_are_named() {
    let probe = Probe::start().await;
    let wrong = async |sql: &str, params: Value| {
        let result = probe.step(json!({ "query": sql, "params": params })).await;
        (refusal(&result).0, result["error"]["text"].as_str().unwrap().to_owned())
    };
    let (kind, text) = wrong("SELECT $1::text, $2::int4", json!(["a", true])).await;
    assert_eq!(
        (kind.as_str(), text.as_str()),
        ("InvalidParameter", "parameter $2 is a boolean, and the statement expects int4")
    );
    let (kind, text) = wrong("SELECT $1::int2", json!([40_000])).await;
    assert_eq!((kind.as_str(), text.contains("the number 40000")), ("InvalidParameter", true), "{text}");
    assert_eq!(wrong("SELECT $1::uuid", json!([{ "bytes": [1] }])).await.0, "InvalidParameter");
    assert_eq!(wrong("SELECT $1::int4", json!([["a"]])).await.0, "InvalidParameter");
    assert_eq!(wrong("SELECT $1", json!([])).await.0, "InvalidStatement");
    assert_eq!(wrong("SELECT 1", json!([1])).await.0, "InvalidStatement");
    assert_eq!(wrong("SELECT $1::uuid", json!(["no uuid"])).await.0, "Database");
    assert_eq!(wrong("SELECT $1::text", json!(["a\0b"])).await.0, "Database");
    assert_eq!(wrong("SELECT '\0'", json!([])).await.0, "InvalidStatement");
}

#[tokio::test]
async fn one_statement_is_run_at_a_time() {
    let probe = Probe::start().await;
    for sql in ["SELECT 1; SELECT 2", "SELECT 1; DROP TABLE open", "COMMIT; SELECT 1"] {
        assert_eq!(probe.refusal(sql).await.0, "InvalidStatement", "{sql}");
    }
    assert_eq!(probe.rows("SELECT count(*) FROM open").await, json!([[0]]));
}

#[tokio::test]
async fn results_and_parameters_have_their_limits() {
    let probe = Probe::start().await;
    let limits = json!({ "limits": { "sqlRows": 100, "sqlMib": 1 } });
    assert_eq!(probe.node.update("caller", limits).await.code(), 200);
    let rows = |n: u32| format!("SELECT n FROM generate_series(1, {n}) n");
    assert_eq!(probe.rows(&rows(100)).await.as_array().unwrap().len(), 100);
    assert_eq!(probe.refusal(&rows(101)).await.0, "TooManyRows");
    assert_eq!(probe.refusal(&rows(100_000_000)).await.0, "TooManyRows");
    let written = "INSERT INTO open SELECT n FROM generate_series(1, 101) n RETURNING n";
    assert_eq!(probe.refusal(written).await.0, "TooManyRows");
    assert_eq!(
        probe.rows("SELECT count(*) FROM open").await,
        json!([[0]]),
        "what was too large had no effect"
    );
    assert_eq!(probe.refusal("SELECT repeat('x', 2000000)").await.0, "TooLarge");
    assert_eq!(probe.refusal("SELECT repeat('x', 20000) FROM generate_series(1, 90)").await.0, "TooLarge");
    let large = json!({ "query": "SELECT length($1)", "params": [{ "text": 2_000_000 }] });
    assert_eq!(refusal(&probe.step(large).await).0, "TooLarge");
    let steps =
        json!([{ "stream": rows(1000) }, { "begin": 1 }, { "query": rows(101) }, { "query": "SELECT 1" }]);
    let results = probe.steps("/caller", "", steps).await;
    assert_eq!(results[0]["ok"], 1000, "streams are for what is large");
    assert_eq!(refusal(&results[2]).0, "TooManyRows");
    assert_eq!(refusal(&results[3]).0, "ConnectionLost");
    assert_eq!(refusal(&probe.step(json!({ "stream": "SELECT repeat('x', 20000000)" })).await).0, "TooLarge");
}

#[tokio::test]
async fn a_huge_value_is_not_read() {
    let probe = Probe::start().await;
    probe.rows("SELECT 1").await;
    let vitals = probe.node.process.vitals();
    vitals.forget_peak();
    let before = vitals.peak_resident();
    assert_eq!(probe.refusal("SELECT repeat('x', 200000000)").await.0, "TooLarge");
    let after = vitals.peak_resident();
    assert!(after < before + 64 * 1024 * 1024, "{before} bytes before, {after} after");
}

#[tokio::test]
async fn a_table_that_changes_its_shape_is_read_anew() {
    let probe = Probe::start().await;
    probe.rows("INSERT INTO open VALUES (1, 'a') RETURNING n").await;
    for _ in 0..3 {
        assert_eq!(probe.rows("SELECT * FROM open").await, json!([[1, "a"]]));
    }
    probe.database.execute("ALTER TABLE open ADD COLUMN more int DEFAULT 7").await;
    for _ in 0..3 {
        assert_eq!(probe.rows("SELECT * FROM open").await, json!([[1, "a", 7]]));
    }
    assert_eq!(probe.refusal("SELECT nothing FROM open").await, database_error("42703"));
}
