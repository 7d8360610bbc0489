//! The log on the host: standard error, and a list for the test that wrote it.

use crate::log::Line;
use std::cell::RefCell;

thread_local! {
    static LINES: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn log(line: Line) {
    let fields: String = line.fields.iter().map(|(name, value)| format!(" {name}={value:?}")).collect();
    eprintln!("{:?} {}{fields}", line.level, line.message);
    LINES.with_borrow_mut(|lines| lines.push(line));
}

pub(crate) fn logged() -> Vec<Line> {
    LINES.take()
}
