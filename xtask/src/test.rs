//! `cargo xtask test`

use crate::command::{cargo, run, say};
use crate::{
    browser, clients, dashboard, guests, javascript, nextest, node, paths, python, runtime, toolchain,
};
use anyhow::Result;
use std::ffi::OsString;
use std::process::Command;

/// Gets what tests need, builds everything and runs all tests: of the parts, and of the built binary over HTTP
/// against real services.
pub(crate) fn run_all(args: &[OsString]) -> Result<()> {
    let toolchain = toolchain::provide()?;
    let guests_dir = guests::build(&toolchain)?;
    dashboard::build()?;
    say(format_args!(
        "building the server and all tests (the first time, with all dependencies, this takes some fifteen minutes)"
    ));
    // The server comes with the tests: built by itself it would choose other features of shared dependencies, and both
    // would be built twice.
    run(all_tests()?.arg("--no-run"))?;
    let wasmforge = runtime::built();
    let engine = javascript::build(&toolchain, &wasmforge)?;
    let services = runtime::services(&wasmforge)?;
    let sdk_client = clients::insforge_sdk()?;
    let schemathesis = python::schemathesis()?;
    let dashboard_client = clients::dashboard()?;
    let chromium = browser::provide()?;

    say(format_args!("running the tests"));
    let mut tests = all_tests()?;
    tests.args(args);
    tests.env("WASMFORGE_BIN", &wasmforge);
    tests.env("WASMFORGE_GUESTS", &guests_dir);
    tests.env("WASMFORGE_JS_ENGINE", &engine);
    tests.env("WASMFORGE_SDK_CLIENT", &sdk_client);
    tests.env("WASMFORGE_SCHEMATHESIS", &schemathesis);
    tests.env("WASMFORGE_DASHBOARD_CLIENT", &dashboard_client);
    tests.env("WASMFORGE_CHROMIUM", &chromium);
    tests.env("WASMFORGE_POSTGRES_BIN", &services.postgres_bin);
    if let Some(postgrest) = &services.postgrest {
        tests.env("WASMFORGE_POSTGREST", postgrest);
    }
    run(&mut tests)?;
    if args.is_empty() {
        say(format_args!("running the unit tests of examples and functions on this machine"));
        run(&mut unit_tests_of_guests()?)?;
        // The runner knows no documentation tests.
        say(format_args!("running the guest SDK's documentation tests"));
        run(cargo().current_dir(paths::root()).args(["test", "--doc", "-p", "wasmforge-sdk"]))?;
        check_types()?;
        say(format_args!("running the bundler's unit tests"));
        node::run_tests(&paths::root().join("runtime/src/author/bundler"))?;
        say(format_args!("running the dashboard's unit tests"));
        dashboard::run_tests()?;
    }
    Ok(())
}

/// The test runner over everything but the guests, which are built for another target.
fn all_tests() -> Result<Command> {
    let mut tests = nextest::provide()?;
    tests.current_dir(paths::root()).args(["run", "--workspace"]);
    for package in guests::packages()?.iter().map(String::as_str).chain([javascript::PACKAGE]) {
        tests.args(["--exclude", package]);
    }
    Ok(tests)
}

/// The types of the module that JavaScript functions import, against the examples of its package.
fn check_types() -> Result<()> {
    let package = paths::root().join("guest-sdk/js/package");
    if !package.join("package.json").is_file() {
        return Ok(());
    }
    say(format_args!("checking the types of the JavaScript package"));
    node::install(&package)?;
    node::run_script(&package, "check")
}

/// The test runner over what authors test without a sandbox. Built by itself, as an author would: together with the
/// server the SDK's dependencies would have other features.
fn unit_tests_of_guests() -> Result<Command> {
    let mut tests = nextest::provide()?;
    tests.current_dir(paths::root()).arg("run");
    for package in guests::with_unit_tests()? {
        tests.args(["-p", &package]);
    }
    Ok(tests)
}
