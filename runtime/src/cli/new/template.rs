//! The files of a new project.

/// What a project is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Template {
    /// A crate in Rust.
    Rust,
    /// A file in TypeScript.
    Typescript,
    /// A file in JavaScript.
    Javascript,
}

/// Paths and texts, both with `{{name}}` for the function's name; texts with `{{sdk}}` for the dependency on the SDK.
type Files = &'static [(&'static str, &'static str)];

const RUST: Files = &[
    ("Cargo.toml", include_str!("templates/rust/workspace.toml")),
    ("functions/{{name}}/Cargo.toml", include_str!("templates/rust/manifest.toml")),
    ("functions/{{name}}/src/lib.rs", include_str!("templates/rust/lib.rs.txt")),
    ("README.md", include_str!("templates/rust/README.md")),
    (".gitignore", "target/\n"),
];

const TYPESCRIPT: Files = &[
    ("package.json", include_str!("templates/typescript/package.json")),
    ("tsconfig.json", include_str!("templates/typescript/tsconfig.json")),
    ("functions/{{name}}.ts", include_str!("templates/typescript/function.ts")),
    ("test/{{name}}.test.js", include_str!("templates/typescript/test.js")),
    ("README.md", include_str!("templates/typescript/README.md")),
    (".gitignore", "node_modules/\nbuild/\n"),
];

const JAVASCRIPT: Files = &[
    ("package.json", include_str!("templates/javascript/package.json")),
    ("functions/{{name}}.js", include_str!("templates/javascript/function.js")),
    ("test/{{name}}.test.js", include_str!("templates/javascript/test.js")),
    ("README.md", include_str!("templates/javascript/README.md")),
    (".gitignore", "node_modules/\n"),
];

/// One file of the npm package of types.
macro_rules! types {
    ($($file:literal),*) => {
        &[$((
            concat!("types/wasmforge/", $file),
            include_str!(concat!("../../../../guest-sdk/js/package/", $file)),
        )),*]
    };
}

const TYPES: Files = types!(
    "ai.d.ts",
    "errors.d.ts",
    "globals.d.ts",
    "handler.d.ts",
    "index.d.ts",
    "kv.d.ts",
    "platform.d.ts",
    "rest.d.ts",
    "sql.d.ts",
    "storage.d.ts"
);

impl Template {
    /// The paths and texts of a project around the function `name`.
    pub(super) fn files(self, name: &str, sdk: &str) -> Vec<(String, String)> {
        let filled = |text: &str| text.replace("{{name}}", name).replace("{{sdk}}", sdk);
        let (files, types): (Files, Files) = match self {
            Self::Rust => (RUST, &[]),
            Self::Typescript => (TYPESCRIPT, TYPES),
            Self::Javascript => (JAVASCRIPT, &[]),
        };
        let own = files.iter().map(|(path, text)| (filled(path), filled(text)));
        own.chain(types.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))).collect()
    }

    /// What can be done next.
    pub(super) fn next(self) -> &'static str {
        match self {
            Self::Rust => {
                "  cargo test            # its test\n  wasmforge dev         # the platform on this machine, with it\n  wasmforge deploy      # to a server"
            }
            Self::Typescript => {
                "  npm install && npm test   # its test\n  wasmforge dev             # the platform on this machine, with it\n  wasmforge deploy          # to a server"
            }
            Self::Javascript => {
                "  npm test              # its test\n  wasmforge dev         # the platform on this machine, with it\n  wasmforge deploy      # to a server"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_placeholder_is_filled() {
        for template in [Template::Rust, Template::Typescript, Template::Javascript] {
            for (path, text) in template.files("greet", "{ path = \"/sdk\" }") {
                assert!(!path.contains("{{") && !text.contains("{{"), "{path}: {text}");
            }
        }
    }

    #[test]
    fn a_typescript_project_has_all_types_of_the_package() {
        let package = concat!(env!("CARGO_MANIFEST_DIR"), "/../guest-sdk/js/package");
        let there = std::fs::read_dir(package).unwrap().map(|entry| entry.unwrap().file_name());
        let mut there: Vec<String> = there.map(|name| name.to_string_lossy().into_owned()).collect();
        there.retain(|name| name.ends_with(".d.ts"));
        there.sort();
        let own: Vec<&str> = TYPES.iter().map(|(path, _)| path.rsplit('/').next().unwrap()).collect();
        assert_eq!(there, own);
    }
}
