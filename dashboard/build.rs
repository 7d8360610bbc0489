//! Has cargo look at the built files: the macro that embeds them would not see that one was added.

fn main() {
    println!("cargo::rerun-if-changed=dist");
}
