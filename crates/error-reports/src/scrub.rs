//! Takes out of a text what is nobody's business. No error of ours has any; those of others might.

/// From how many characters on a word of letters and digits may be a token.
const OPAQUE: usize = 20;
/// The longest name that may stand in quotation marks.
const NAME: usize = 63;

/// The text without addresses, URLs, quoted text and what looks like a token, cut to `most` characters.
pub(crate) fn scrub(text: &str, most: usize) -> String {
    // Nobody needs more, and a text of any length must not cost more.
    let cut: String = text.chars().take(most.saturating_mul(4)).collect();
    let mut scrubbed = String::with_capacity(cut.len());
    let mut rest = cut.as_str();
    while let Some(at) = rest.find(separates) {
        let (before, after) = rest.split_at(at);
        scrubbed.push_str(word(before));
        let (mark, after) = first(after);
        scrubbed.push(mark);
        rest = match closing(mark, &scrubbed) {
            Some(closing) => {
                // What is never closed is all quoted.
                let (quoted, after) = after.split_once(closing).unwrap_or((after, ""));
                scrubbed.push_str(if is_name(quoted) { quoted } else { "[text]" });
                scrubbed.push(closing);
                after
            }
            None => after,
        };
    }
    scrubbed.push_str(word(rest));
    scrubbed.chars().take(most).collect()
}

fn first(text: &str) -> (char, &str) {
    let mut characters = text.chars();
    (characters.next().unwrap_or(' '), characters.as_str())
}

fn separates(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '"' | '`' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';')
}

/// What ends the quotation that begins here. A database tells values as `(column)=(value)`.
fn closing(mark: char, so_far: &str) -> Option<char> {
    match mark {
        '"' | '`' => Some(mark),
        '(' if so_far.ends_with("=(") => Some(')'),
        _ => None,
    }
}

fn is_name(text: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphabetic() || matches!(character, '_' | '.' | '-');
    !text.is_empty() && text.len() <= NAME && text.chars().all(allowed)
}

/// A word, or what stands in its place.
fn word(word: &str) -> &str {
    if word.contains("://") {
        "[url]"
    } else if word.contains('@') {
        "[address]"
    } else if is_opaque(word) {
        "[opaque]"
    } else {
        word
    }
}

/// Long, of letters and digits: a token, a hash. Ids of ours are no secret, and lead to what happened.
fn is_opaque(word: &str) -> bool {
    let has = |kind: fn(&char) -> bool| word.chars().any(|character| kind(&character));
    word.len() >= OPAQUE
        && has(char::is_ascii_digit)
        && has(char::is_ascii_alphabetic)
        && uuid::Uuid::try_parse(word).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nobodys_business_is_taken_out() {
        for (text, scrubbed) in [
            ("the database is away: connection refused", "the database is away: connection refused"),
            ("no mail for alice@example.com today", "no mail for [address] today"),
            (
                "error trying to connect to postgres://parlour:hunter2@db/parlour, twice",
                "error trying to connect to [url], twice",
            ),
            ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl is bad", "Bearer [opaque] is bad"),
            (r#"invalid input "meet me at nine" of type text"#, r#"invalid input "[text]" of type text"#),
            (
                r#"violates unique constraint "users_email_key""#,
                r#"violates unique constraint "users_email_key""#,
            ),
            ("Key (email)=(alice at example) already exists", "Key (email)=([text]) already exists"),
            (r#"unclosed "secret text"#, r#"unclosed "[text]""#),
            (
                "group 0197a6a2-33b4-7cc0-8a55-2f6f3c7d9e10 was not found",
                "group 0197a6a2-33b4-7cc0-8a55-2f6f3c7d9e10 was not found",
            ),
            ("äöü \"ß\" 😀", "äöü \"[text]\" 😀"),
            ("", ""),
        ] {
            assert_eq!(scrub(text, 1_000), scrubbed, "{text}");
        }
    }

    #[test]
    fn a_text_is_cut() {
        assert_eq!(scrub("äöü and more", 3), "äöü");
        assert_eq!(scrub(&"word ".repeat(100_000), 10), "word word ");
    }
}
