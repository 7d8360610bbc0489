//! Components that are told apart by their answers.

use crate::component;

/// A component of a few hundred bytes that answers every request with `status` and no body. It compiles in no time.
#[must_use]
pub fn answering(status: u16) -> Vec<u8> {
    wat::parse_str(include_str!("status.wat").replace("STATUS", &status.to_string())).unwrap()
}

/// The example `hello`, greeting with another word of five letters.
#[must_use]
pub fn greeting(word: &str) -> Vec<u8> {
    let mut module = std::fs::read(component("hello")).unwrap();
    let at = module.windows(7).position(|text| text == b"Hello, ").unwrap();
    module.splice(at..at + 5, word.bytes());
    module
}

/// `module` with other bytes and the same behaviour: no node has machine code for it yet.
#[must_use]
pub fn unseen(module: &[u8]) -> Vec<u8> {
    let name = uuid::Uuid::new_v4().simple().to_string();
    // A custom section: id, size, length of the name, name.
    let mut module = module.to_vec();
    module.extend([0, 33, 32]);
    module.extend(name.as_bytes());
    module
}
