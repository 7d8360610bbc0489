//! One function in two languages, which a test holds to the same behaviour.

use crate::{Node, Run, component, source};
use serde_json::json;

/// A guest of ours.
#[derive(Clone, Copy, Debug)]
pub enum Guest {
    /// The component of a crate.
    Component(&'static str),
    /// A source in JavaScript or TypeScript.
    Source(&'static str),
}

impl Guest {
    /// A crate, and the source that does the same.
    #[must_use]
    pub const fn twins(name: &'static str, source: &'static str) -> [Self; 2] {
        [Self::Component(name), Self::Source(source)]
    }

    /// Serves it alone.
    #[must_use]
    pub fn run(self) -> Run {
        match self {
            Self::Component(name) => Run::guest(name),
            Self::Source(name) => Run::file(&source(name)),
        }
    }
}

impl Node {
    /// Deploys it, which must succeed.
    pub async fn deploy_guest(&self, slug: &str, guest: Guest) {
        let name = match guest {
            Guest::Component(name) => {
                self.deploy(slug, std::fs::read(component(name)).unwrap()).await;
                return;
            }
            Guest::Source(name) => name,
        };
        let code = std::fs::read_to_string(source(name)).unwrap();
        let answer =
            self.create(json!({ "name": slug, "slug": slug, "code": code, "status": "active" })).await;
        assert_eq!(answer.code(), 201, "{name} was not deployed: {answer:?}");
    }
}

/// Tests that take a [`Guest`], once for each of two twins: the crate, then the source.
#[macro_export]
macro_rules! twins {
    ($name:ident: $component:literal, $source:literal: $($test:ident),+ $(,)?) => {
        mod $name {
            mod component {
                $(#[tokio::test]
                async fn $test() {
                    super::super::$test($crate::Guest::Component($component)).await;
                })+
            }

            mod source {
                $(#[tokio::test]
                async fn $test() {
                    super::super::$test($crate::Guest::Source($source)).await;
                })+
            }
        }
    };
}
