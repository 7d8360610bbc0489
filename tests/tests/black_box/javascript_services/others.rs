//! Everything else that the module has.

use super::{ANN, Probe, error};
use serde_json::json;
use std::path::Path;
use wasmforge_tests::Guest;

#[tokio::test]
async fn values_are_kept_under_keys() {
    let probe = Probe::start().await;
    let script = "
        const bucket = await kv.open('b');
        await bucket.set('bytes', new Uint8Array([1, 2]));
        await bucket.set('text', 'ü');
        await bucket.setJson('json', { a: [1] });
        await bucket.setMany({ x: '1', y: '2' });
        await bucket.setMany(new Map([['z', '3']]));
        const keys = [];
        for await (const key of bucket.keys()) keys.push(key);
        await bucket.delete('z');
        await bucket.deleteMany(['x', 'never']);
        return [await bucket.get('bytes'), await bucket.getText('text'), await bucket.getJson('json'), keys.sort(),
            await bucket.getMany(['x', 'y']), await bucket.exists('z'), await bucket.get('z'), await bucket.getJson('z')];";
    let expected = json!([
        "bytes 1,2", "ü", { "a": [1] }, ["bytes", "json", "text", "x", "y", "z"],
        ["undefined", "bytes 50"], false, "undefined", "undefined"
    ]);
    assert_eq!(probe.value(script).await, expected);
}

#[tokio::test]
async fn numbers_under_keys_count_and_every_page_of_keys_is_read() {
    let probe = Probe::start().await;
    let script = "
        const bucket = await kv.open('c');
        const sums = [await bucket.increment('n'), await bucket.increment('n', 41), await bucket.increment('n', 2 ** 53 - 2)];
        for (let page = 0; page < 3; page += 1) {
            await bucket.setMany(Array.from({ length: 700 }, (_, index) => [`${page}-${index}`, '']));
        }
        return [...sums, (await Array.fromAsync(bucket.keys())).length];";
    assert_eq!(probe.value(script).await, json!([1, 42, "9007199254741032n", 2101]));
    for (expression, code) in [
        ("kv.open('')", "no-such-bucket"),
        ("kv.open('d').then((bucket) => bucket.get(''))", "invalid-key"),
        (
            "kv.open('d').then(async (bucket) => { await bucket.set('k', 'x'); await bucket.increment('k'); })",
            "not-a-number",
        ),
        (
            "kv.open('d').then(async (bucket) => { await bucket.set('k', '{'); await bucket.getJson('k'); })",
            "invalid-json",
        ),
        ("kv.open('d').then((bucket) => bucket.setJson('k', undefined))", "invalid-json"),
        ("kv.open('d').then((bucket) => bucket.set('k', new Uint8Array(2 ** 20 + 1)))", "too-large"),
    ] {
        assert_eq!(probe.error(expression).await, error("KvError", code, 500), "{expression}");
    }
    let half = probe.error("kv.open('d').then((bucket) => bucket.increment('k', 0.5))").await;
    assert_eq!(half["name"], "TypeError");
}

#[tokio::test]
async fn callers_are_told() {
    let probe = Probe::start().await;
    let script = "const { role, subject, claims } = await auth.caller(); return [role, subject, claims.role, await auth.user()]";
    assert_eq!(probe.value(script).await, json!(["authenticated", ANN, "authenticated", "undefined"]));
    assert_eq!(probe.error("auth.verify('forged')").await, error("AuthError", "invalid-credential", 401));
}

#[tokio::test]
async fn other_functions_are_called_and_invoked() {
    let probe = Probe::start().await;
    probe.node.deploy_guest("hello", Guest::Source("hello-js")).await;
    probe.node.deploy_guest("echo", Guest::Component("echo")).await;
    probe.node.deploy_guest("json", Guest::Component("json-api")).await;
    let script = "
        const { message } = await functions.invoke('hello', { name: 'you' });
        const get = await functions.call('hello', '/?name=me');
        const body = new Blob(['through']).stream();
        const echoed = await functions.call('echo', new Request('http://x/', { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'a/b' } }));
        return [message, await get.json(), echoed.status, echoed.headers.get('content-type'), await echoed.text()];";
    let expected = json!(["Hello, you!", { "message": "Hello, me!" }, 200, "a/b", "through"]);
    assert_eq!(probe.value(script).await, expected);
    let passed = probe.answer("return functions.call('echo', request)", "whole").await;
    assert_eq!(passed.text(), "whole");
    let nobody = probe.error("functions.call('nobody')").await;
    assert_eq!(nobody, error("FunctionsError", "unknown", 502));
    let refused = probe.error("functions.invoke('json', { items: [] })").await;
    assert_eq!(refused, error("FunctionsError", "status", 502));
}

#[tokio::test]
async fn files_are_read_and_written_and_settings_read() {
    let probe = Probe::start().await;
    probe.grant(json!({ "files": { "scratchMib": 1 } })).await;
    let script = "
        const { scratch } = files;
        await scratch.write('a.json', '{\"a\":1}');
        await scratch.write('b', 'one');
        await scratch.append('b', new TextEncoder().encode(' two'));
        const listed = await scratch.list();
        await scratch.remove('a.json').catch((error) => error);
        return [listed, await scratch.text('b'), await scratch.bytes('b').then((bytes) => bytes.length), await scratch.list()];";
    assert_eq!(probe.value(script).await, json!([["a.json", "b"], "one two", 7, ["b"]]));
    assert_eq!(probe.error("files.text('none')").await, error("FilesError", "no-such-file", 404));
    assert_eq!(
        probe.error("files.scratch.write('b', 'x').then(() => files.scratch.json('b'))").await["code"],
        "invalid-json"
    );
    let full = probe.error("files.scratch.write('b', new Uint8Array(2 ** 20 + 1))").await;
    assert_eq!(full["name"], "FilesError", "{full}");
    let settings =
        "return [config.get('NONE'), env.get('NONE'), env.get('ANON_KEY') === config.all().ANON_KEY]";
    assert_eq!(probe.value(settings).await, json!(["undefined", "undefined", true]));
    assert_eq!(probe.error("env.require('NONE')").await, error("ConfigError", "not-set", 500));
}

#[tokio::test]
async fn a_page_of_another_origin_is_told_what_it_may() {
    let probe = Probe::start().await;
    let script = "return cors.allow(cors.preflight(new Request('http://x/', { method: 'OPTIONS' })), 'POST')";
    let preflight = probe.answer(script, "").await;
    assert_eq!((preflight.code(), preflight.header("access-control-allow-methods")), (204, Some("POST")));
    let answered =
        probe.answer("return cors.allow(Response.json([cors.preflight(request) ?? null]), 'POST')", "").await;
    assert_eq!((answered.text(), answered.header("access-control-allow-origin")), ("[null]", Some("*")));
}

#[tokio::test]
async fn what_is_not_granted_or_not_there_has_its_code() {
    let probe = Probe::start().await;
    for (expression, class, code, status) in [
        ("ai.chat({ model: 'a/b', user: 'hi' })", "AiError", "unavailable", 503),
        ("Array.fromAsync(ai.chat({ model: 'a/b', user: 'hi' }))", "AiError", "unavailable", 503),
        ("ai.embed({ model: 'a/b', input: 'hi' })", "AiError", "unavailable", 503),
        ("ai.image({ model: 'a/b', prompt: 'hi' })", "AiError", "unavailable", 503),
        ("realtime.publish('nowhere', 'e', {})", "RealtimeError", "no-such-channel", 404),
        ("realtime.publish('nowhere', 'e', [])", "RealtimeError", "invalid-message", 500),
        ("rest.from('pets')", "RestError", "unavailable", 503),
        ("storage.bucket('b').list()", "StorageError", "unavailable", 503),
    ] {
        assert_eq!(probe.error(expression).await, error(class, code, status), "{expression}");
    }
    assert_eq!(probe.error("ai.chat({ user: 'hi' })").await["name"], "TypeError");
}

#[tokio::test]
async fn the_module_has_what_its_types_say() {
    let probe = Probe::start().await;
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("guest-sdk/js/package");
    let read = |file: &str| std::fs::read_to_string(package.join(file)).unwrap();
    let index = read("index.d.ts");
    let exported = index.lines().filter_map(|line| line.strip_prefix("export { ")?.split_once(" }"));
    let mut typed: Vec<String> =
        exported.flat_map(|(names, _)| names.split(", ").map(str::to_owned).collect::<Vec<_>>()).collect();
    let errors = read("errors.d.ts");
    let classes = errors.lines().filter_map(|line| line.strip_prefix("export class ")?.split(' ').next());
    typed.extend(classes.map(str::to_owned));
    typed.sort();
    assert_eq!(probe.value("exports").await, json!(typed));
}
