//! What a statement is called in records and traces: its operation and its first table, without any value.

/// Words that are read at most.
const WORDS: usize = 64;

/// Bytes of a word that is told.
const MAX_WORD: usize = 63;

/// `SELECT orders`, `INSERT orders`, `BEGIN`. What follows the first quotation mark is not looked at: it may be a value.
pub(super) fn summary(statement: &str) -> String {
    let plain = statement.split(['\'', '$', '-', '/']).next().unwrap_or_default();
    let mut words =
        plain.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';')).take(WORDS);
    let mut words = words.by_ref().filter(|word| !word.is_empty());
    let operation = match words.next() {
        Some(word) if word.len() <= 16 && word.bytes().all(|b| b.is_ascii_alphabetic()) => {
            word.to_ascii_uppercase()
        }
        _ => return "statement".to_owned(),
    };
    let table = match operation.as_str() {
        "UPDATE" | "TABLE" | "CALL" => words.next(),
        _ => {
            let names_table =
                |word: &&str| ["from", "into"].iter().any(|name| word.eq_ignore_ascii_case(name));
            words.find(names_table).and_then(|_| words.next())
        }
    };
    match table.map(|name| name.trim_matches('"')).filter(|name| is_name(name)) {
        Some(table) => format!("{operation} {table}"),
        None => operation,
    }
}

fn is_name(word: &str) -> bool {
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'"');
    (1..=MAX_WORD).contains(&word.len()) && word.bytes().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_told_by_its_operation_and_table() {
        for (statement, told) in [
            ("select * from orders where id = $1", "SELECT orders"),
            ("INSERT INTO public.orders(id) VALUES (1)", "INSERT public.orders"),
            ("  update \"orders\" set a = 1", "UPDATE orders"),
            ("DELETE\nFROM\torders", "DELETE orders"),
            ("SELECT 1", "SELECT"),
            ("with a as (select 1) select * from a", "WITH a"),
            ("", "statement"),
            ("'quoted'", "statement"),
        ] {
            assert_eq!(summary(statement), told, "{statement}");
        }
    }

    #[test]
    fn no_value_is_told() {
        assert_eq!(summary("select 'x from secret'"), "SELECT");
        assert_eq!(summary("select $$ from secret$$"), "SELECT");
        assert_eq!(summary("select /* from secret */ 1"), "SELECT");
    }
}
