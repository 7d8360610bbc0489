//! Components that differ: the same code under another hash.

/// The id of a custom section, which every WebAssembly reader skips (Core Specification §5.5.3, Component Model
/// binary format).
const CUSTOM: u8 = 0;

/// `component` with a custom section at its end that holds `tag`.
pub(crate) fn distinct(component: &[u8], tag: &str) -> Vec<u8> {
    let name = "bench";
    let mut section = leb128(name.len());
    section.extend_from_slice(name.as_bytes());
    section.extend_from_slice(tag.as_bytes());
    let mut out = component.to_vec();
    out.push(CUSTOM);
    out.extend_from_slice(&leb128(section.len()));
    out.extend_from_slice(&section);
    out
}

fn leb128(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or_default();
        value >>= 7;
        if value == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_stands_in_a_custom_section() {
        assert_eq!(distinct(b"\0asm", "7"), b"\0asm\x00\x07\x05bench7");
        let long = "x".repeat(200);
        let out = distinct(b"", &long);
        assert_eq!(out[..3], [CUSTOM, 0xce, 0x01]);
        assert_eq!(out.len(), 3 + 1 + 5 + 200);
    }
}
