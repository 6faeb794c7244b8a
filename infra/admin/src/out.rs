//! Standard output and standard error, whose reader may stop early: `countersign stuck | head`.
//!
//! The macros `println!` and `eprintln!` of this program lead here. Those of the standard library panic where the reader has
//! gone, and each command would have to remember not to use them.

use std::{
    fmt,
    io::{self, Write},
    process,
};

use serde::Serialize;

/// The exit code where whoever reads the output stopped: what a shell says of a program that a closed pipe ended.
pub(crate) const READER_GONE: u8 = 141;

/// A line for standard output. The program ends where it can't be written.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    let Err(error) = writeln!(io::stdout().lock(), "{text}") else { return };
    if error.kind() == io::ErrorKind::BrokenPipe {
        process::exit(READER_GONE.into());
    }
    message(format_args!("countersign: the output could not be written: {error}"));
    process::exit(2);
}

/// A line for people, on standard error. Nobody may be left to read it.
pub(crate) fn message(text: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A cell of a CSV file, as the portal writes them: in quotation marks, so that a number such as `0012` stays a text, and kept from
/// being a formula.
pub(crate) fn csv_cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// A line of JSON for standard output.
pub(crate) fn json(value: &impl Serialize) {
    line(format_args!("{}", serde_json::to_string(value).expect("what is printed is plain data")));
}
