//! Where it was, as Rollbar's API has it: the outermost call first.

use serde_json::{Value, json};

/// The place, and where a backtrace has it, the calls that led there, at most so many.
pub(crate) fn frames(place: &str, backtrace: Option<&str>, most: usize) -> Vec<Value> {
    let calls = backtrace.map(calls).unwrap_or_default();
    // What comes before is the panic's own machinery.
    let inmost = calls.iter().position(|call| call.place().is_some_and(|at| at.ends_with(place)));
    match inmost {
        Some(inmost) => calls[inmost..].iter().take(most.max(1)).rev().map(Call::frame).collect(),
        None => vec![frame(place)],
    }
}

/// A call of a backtrace as the standard library writes it.
struct Call<'a> {
    name: &'a str,
    /// `file:line:column`
    at: Option<&'a str>,
}

/// A line has a number and a name; the next one says where, if that is known.
fn calls(backtrace: &str) -> Vec<Call<'_>> {
    let mut calls: Vec<Call<'_>> = Vec::new();
    for line in backtrace.lines().map(str::trim_start) {
        match (line.strip_prefix("at "), line.split_once(": "), calls.last_mut()) {
            (Some(at), _, Some(call)) => call.at = Some(at),
            (None, Some((_, name)), _) => calls.push(Call { name, at: None }),
            _ => {}
        }
    }
    calls
}

impl Call<'_> {
    fn place(&self) -> Option<&str> {
        Some(self.at?.rsplit_once(':')?.0)
    }

    fn frame(&self) -> Value {
        let mut frame = frame(self.place().unwrap_or_default());
        frame["method"] = self.name.into();
        frame
    }
}

/// With a line where the place is one of the sources.
fn frame(place: &str) -> Value {
    let line = place.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse::<u32>().ok()?)));
    match line {
        Some((file, line)) => json!({ "filename": file, "lineno": line }),
        None => json!({ "filename": place }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKTRACE: &str = "   0: composition::panics::hook::{{closure}}
             at /build/crates/composition/src/panics.rs:30:25
   1: core::panicking::panic_fmt
             at /rustc/59807616e1b4/library/core/src/panicking.rs:75:14
   2: chat::send
             at /build/crates/chat/src/send.rs:45:9
   3: <unknown>
   4: api::main
             at /build/bin/api/src/main.rs:7:1
";

    #[test]
    fn the_calls_from_the_outermost_to_the_place() {
        let place = "crates/chat/src/send.rs:45";
        let send =
            json!({ "filename": "/build/crates/chat/src/send.rs", "lineno": 45, "method": "chat::send" });
        let main = json!({ "filename": "/build/bin/api/src/main.rs", "lineno": 7, "method": "api::main" });
        let unknown = json!({ "filename": "", "method": "<unknown>" });
        assert_eq!(frames(place, Some(BACKTRACE), 50), [main, unknown.clone(), send.clone()]);
        assert_eq!(frames(place, Some(BACKTRACE), 2), [unknown, send]);
    }

    #[test]
    fn the_place_alone_where_no_backtrace_has_it() {
        let alone = [json!({ "filename": "src/a.rs", "lineno": 7 })];
        for backtrace in [None, Some(""), Some("disabled backtrace"), Some(BACKTRACE), Some("at: \nat \n: ")]
        {
            assert_eq!(frames("src/a.rs:7", backtrace, 50), alone, "{backtrace:?}");
        }
        assert_eq!(frames("api_engine::guard", None, 50), [json!({ "filename": "api_engine::guard" })]);
    }
}
