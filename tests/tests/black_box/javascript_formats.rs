//! The forms that a function in JavaScript or TypeScript may have.

use wasmforge_tests::{Database, Node, Serve};

async fn node() -> (Database, Node) {
    let database = Database::create().await;
    let node = Serve::over(&database).start().await;
    (database, node)
}

/// Deploys each source, and expects its text for an answer.
async fn answer(sources: &[(&str, &str)]) {
    let (_database, node) = node().await;
    for (at, (source, expected)) in sources.iter().enumerate() {
        let slug = format!("f{at}");
        node.store_source(&slug, source).await;
        let answer = node.functions.get(&format!("/{slug}")).await;
        assert_eq!((answer.code(), answer.text()), (200, *expected), "{source}");
    }
}

#[tokio::test]
async fn a_function_is_exported_in_any_of_the_ways_in_use() {
    answer(&[
        ("module.exports = async function (req) { return new Response('a') }", "a"),
        ("module.exports = (req) => new Response('b')", "b"),
        ("exports.default = () => new Response('c')", "c"),
        ("module.exports = { fetch() { return new Response('d') } }", "d"),
        ("export default function (req) { return new Response('e') }", "e"),
        ("export default { async fetch(req) { return new Response('f') } }", "f"),
        ("const g = () => new Response('g');\nexport { g as default }", "g"),
        ("return module.exports = () => new Response('h');", "h"),
    ])
    .await;
}

#[tokio::test]
async fn top_level_await_makes_a_module() {
    answer(&[
        ("const a = await Promise.resolve('a');\nexport default () => new Response(a)", "a"),
        ("const b = await Promise.resolve('b');\nmodule.exports = () => new Response(b)", "b"),
        ("await (async () => 1)();\nmodule.exports = () => new Response('c')", "c"),
    ])
    .await;
}

#[tokio::test]
async fn a_module_may_assign_to_module_exports() {
    answer(&[
        (
            "import { createClient } from 'npm:@insforge/sdk';\n\
             module.exports = async () => new Response(typeof createClient)",
            "function",
        ),
        ("import 'node:buffer';\nexports.default = () => new Response('b')", "b"),
    ])
    .await;
}

#[tokio::test]
async fn names_that_every_function_has_may_be_declared_anew() {
    answer(&[
        ("const createClient = 1, Deno = 2, encodeBase64 = 3, decodeBase64 = 4;\n\
          module.exports = () => new Response(String(createClient + Deno + encodeBase64 + decodeBase64))", "10"),
        ("const exports = {};\nmodule.exports = () => new Response(typeof exports)", "object"),
        ("import { createClient } from '@insforge/sdk';\nconst Deno = 'own';\nexport default () => new Response(Deno)", "own"),
    ])
    .await;
}

#[tokio::test]
async fn scripts_are_sloppy_and_may_begin_like_programs() {
    answer(&[
        ("undeclared = 'a'; module.exports = () => new Response(undeclared)", "a"),
        ("#!/usr/bin/env deno\nmodule.exports = () => new Response('b')", "b"),
        ("\u{feff}module.exports = () => new Response('c')", "c"),
        ("'use strict'; module.exports = () => { try { x = 1 } catch (e) { return new Response(e.name) } }", "ReferenceError"),
        ("module.exports = () => new Response('e') // the end", "e"),
    ])
    .await;
}

#[tokio::test]
async fn one_module_may_be_named_in_several_ways() {
    answer(&[
        ("import { Buffer } from 'buffer';\nexport default () => new Response(Buffer.from('61', 'hex').toString())", "a"),
        ("import { Buffer } from \"node:buffer\"; export default () => new Response(Buffer.from('62', 'hex').toString())", "b"),
        ("export default async () => new Response(typeof (await import('npm:@insforge/sdk@latest')).createClient)", "function"),
    ])
    .await;
}

#[tokio::test]
async fn types_are_taken_away() {
    answer(&[
        ("import type { Row } from './rows.ts';\nimport { Database } from './database.ts';\n\
          export default async (req: Request): Promise<Response> => {\n\
            const row = { id: 1 } as unknown as Row & Database;\n  return new Response(typeof row satisfies string);\n}", "object"),
        ("interface Answer { text: string }\nmodule.exports = (req: Request) => new Response(<string>'b')", "b"),
    ])
    .await;
}

#[tokio::test]
async fn what_only_typescript_has_is_written_in_javascript() {
    answer(&[
        ("enum Color { Red = 'red' }\nexport default () => new Response(Color.Red)", "red"),
        ("namespace N { export const a: string = 'n' }\nexport default () => new Response(N.a)", "n"),
        (
            "class P { constructor(private readonly name: string) {} get(): string { return this.name } }\n\
          export default () => new Response(new P('p').get())",
            "p",
        ),
        (
            "function twice(target: any, key: string, own: PropertyDescriptor) {\n\
            const get = own.value; own.value = function () { return get.call(this) + get.call(this) };\n}\n\
          class D { @twice get() { return 'd' } }\nexport default () => new Response(new D().get())",
            "dd",
        ),
    ])
    .await;
}

/// What a program's top level left behind may be kept and put in place; nobody can tell.
#[tokio::test]
async fn every_request_begins_where_the_top_level_ended() {
    let (_database, node) = node().await;
    let padding = "x".repeat(100_000);
    let source = format!(
        "import {{ Buffer }} from 'node:buffer';\n\
         const table = Array.from({{ length: 3000 }}, (_, i) => ({{ i, text: `row ${{i}}` }}));\n\
         const padding = '{padding}';\n\
         let calls = 0;\n\
         export default () => {{\n\
           table.push({{ i: -1, text: 'pushed' }});\n\
           calls += 1;\n\
           const last = Buffer.from(table[2999].text).toString('hex');\n\
           return Response.json({{ calls, rows: table.length, last, padding: padding.length, random: Math.random() }});\n\
         }};"
    );
    node.store_source("table", &source).await;
    let mut randoms = Vec::new();
    for _ in 0..3 {
        let answer = node.functions.get("/table").await.json();
        assert_eq!(answer["calls"], 1);
        assert_eq!(answer["rows"], 3001);
        assert_eq!(answer["last"], "726f772032393939");
        assert_eq!(answer["padding"], 100_000);
        randoms.push(answer["random"].to_string());
    }
    randoms.dedup();
    assert_eq!(randoms.len(), 3, "{randoms:?}");
}

#[tokio::test]
async fn a_top_level_that_asks_the_host_does_so_on_every_request() {
    let (_database, node) = node().await;
    let source = "const id = crypto.randomUUID();\nmodule.exports = () => new Response(id)";
    node.store_source("id", source).await;
    let first = node.functions.get("/id").await;
    let second = node.functions.get("/id").await;
    assert_eq!((first.code(), second.code()), (200, 200));
    assert_ne!(first.text(), second.text());
}
