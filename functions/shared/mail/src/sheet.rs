//! The layout of a letter: a list of blocks, printed both as text and as HTML, so that both say the same.
//!
//! Sentences come from the catalogues (`en.rs`, `de.rs`). Text from outside, such as a name, goes through [`fact`]. Printing escapes
//! everything.

use std::fmt::Write as _;

use jiff::tz::Offset;
use licensing::Timestamp;

/// Around each fact: HTML isolates its direction, text leaves the marks out. No fact can hold one itself.
const OPEN: char = '\u{2068}';
const CLOSE: char = '\u{2069}';
/// Keeps mail programs from making a link of a name.
const JOINER: char = '\u{2060}';

/// Longest fact in a letter and in its subject, characters.
const LONGEST: usize = 200;
const LONGEST_IN_SUBJECT: usize = 60;
/// What a person wrote to another, characters: as much as a comment may have (REQ-01).
const LONGEST_SAID: usize = 1000;

/// A letter's subject and body.
pub(crate) struct Sheet {
    pub(crate) subject: String,
    pub(crate) blocks: Vec<Block>,
    pub(crate) footer: Vec<String>,
}

/// A part of the body.
pub(crate) enum Block {
    /// A paragraph.
    Para(String),
    /// A heading.
    Heading(String),
    /// A code to be typed.
    Code(String),
    /// A link with what it does, and how to use it where pressing does not work.
    Action { label: String, link: String, otherwise: String },
    /// Names and values.
    Facts(Vec<(String, String)>),
    /// Steps in order.
    Steps(Vec<String>),
    /// Points in no order.
    Points(Vec<String>),
}

/// A name or another text from outside: without line breaks, control and direction characters, not too long, and not such
/// that a mail program makes a link of it.
pub(crate) fn fact(text: &str) -> String {
    isolated(text, LONGEST)
}

/// What a person wrote to another: a longer fact.
pub(crate) fn said(text: &str) -> String {
    isolated(text, LONGEST_SAID)
}

/// A fact as it stands in a subject: shorter.
pub(crate) fn brief(text: &str) -> String {
    fact(&clean(text, LONGEST_IN_SUBJECT))
}

/// Something of our own making, such as an address or a masked number: isolated, and otherwise as it is.
pub(crate) fn own(text: &str) -> String {
    format!("{OPEN}{}{CLOSE}", clean(text, usize::MAX))
}

/// Whether anything is left of the text that can be shown.
pub(crate) fn is_blank(text: &str) -> bool {
    clean(text, 1).is_empty()
}

fn isolated(text: &str, longest: usize) -> String {
    let clean = clean(text, longest);
    format!("{OPEN}{}{CLOSE}", without_links(if clean.is_empty() { "–" } else { &clean }))
}

fn clean(text: &str, longest: usize) -> String {
    let spaced = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if c.is_control() || c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c });
    let mut out = String::new();
    let mut count = 0;
    for c in spaced {
        if c == ' ' && (out.is_empty() || out.ends_with(' ')) {
            continue;
        }
        if count == longest {
            out.truncate(out.trim_end().len());
            out.push('…');
            return out;
        }
        out.push(c);
        count += 1;
    }
    out.truncate(out.trim_end().len());
    out
}

/// Characters that show nothing and can turn or hide what stands beside them. The joiners of Persian and of pictographs
/// are not among them.
const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Puts an invisible joiner where a mail program would see an address: after a dot or `@` within a word and before `//`.
fn without_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        let next = chars.peek().copied().unwrap_or(' ');
        let joins = match c {
            '.' | '。' | '．' | '｡' | '@' => before.is_alphanumeric() && next.is_alphanumeric(),
            ':' => next == '/',
            _ => false,
        };
        if joins {
            out.push(JOINER);
        }
        before = c;
    }
    out
}

impl Sheet {
    /// Subject, text and HTML.
    pub(crate) fn print(&self, language: &str, publisher: &str, site: &str) -> (String, String, String) {
        (plain(&self.subject), self.text(site), self.html(language, publisher, site))
    }

    fn text(&self, site: &str) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            block.text(&mut out, site);
            out.push('\n');
        }
        out.push_str("--\n");
        for text in &self.footer {
            let _ = writeln!(out, "{}", plain(text));
        }
        out
    }

    fn html(&self, language: &str, publisher: &str, site: &str) -> String {
        let subject = escaped(&plain(&self.subject));
        let mut out = format!(
            "<!doctype html>\n<html lang=\"{language}\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
             <title>{subject}</title>\n<style>\n{SHEET}</style>\n</head>\n<body style=\"margin:0\">\n\
             <div lang=\"{language}\" dir=\"ltr\" style=\"{PAGE}\">\n<p class=\"mast\" style=\"{MAST}\">{}</p>\n",
            rich(&fact(publisher))
        );
        for block in &self.blocks {
            block.html(&mut out, site);
        }
        let _ = writeln!(out, "<div class=\"foot\" style=\"{FOOT}\">");
        for text in &self.footer {
            element(&mut out, "p", "margin:0 0 8px", text);
        }
        out.push_str("</div>\n</div>\n</body>\n</html>\n");
        out
    }
}

/// For programs that read it; the others have what stands in the elements. Text and ground are left to the program, so
/// that its dark mode is the letter's.
const SHEET: &str = "\
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.mast,.foot,.name{color:#b1b4b6!important}
a.go{background:#2f5bea!important}
}
";
const PAGE: &str = "max-width:580px;margin:0 auto;padding:24px 16px;font:16px/1.5 Arial,Helvetica,sans-serif";
const MAST: &str = "margin:0 0 24px;padding:0 0 12px;border-bottom:1px solid #8a9299;font-weight:bold;color:#505a5f";
const FOOT: &str = "margin:32px 0 0;padding:16px 0 0;border-top:1px solid #8a9299;font-size:14px;color:#505a5f";
const PARA: &str = "margin:0 0 16px";
const HEADING: &str = "margin:24px 0 8px;font-size:19px;line-height:1.3";
const CODE: &str = "margin:0 0 16px;font:bold 32px/1.3 Consolas,Menlo,monospace;letter-spacing:4px";
const BUTTON: &str = "display:inline-block;padding:12px 20px;background:#1d4ed8;color:#ffffff;font-weight:bold;\
                      text-decoration:none;border-radius:4px";
const SMALL: &str = "margin:0 0 24px;font-size:14px;word-break:break-all";
const LIST: &str = "margin:0 0 16px;padding:0 0 0 24px";
const ITEM: &str = "margin:0 0 6px";
const FACTS: &str = "margin:0 0 24px";
const NAME: &str = "margin:0;font-size:14px;color:#505a5f";
const VALUE: &str = "margin:0 0 8px";

impl Block {
    fn text(&self, out: &mut String, site: &str) {
        let _ = match self {
            Self::Para(text) | Self::Heading(text) | Self::Code(text) => writeln!(out, "{}", plain(text)),
            Self::Action { label, link, .. } => writeln!(out, "{}:\n{}", plain(label), on_site(link, site)),
            Self::Facts(facts) => {
                facts.iter().try_for_each(|(name, value)| writeln!(out, "{}: {}", plain(name), plain(value)))
            }
            Self::Steps(steps) => (1..).zip(steps).try_for_each(|(n, step)| writeln!(out, "{n}. {}", plain(step))),
            Self::Points(points) => points.iter().try_for_each(|point| writeln!(out, "- {}", plain(point))),
        };
    }

    fn html(&self, out: &mut String, site: &str) {
        match self {
            Self::Para(text) => element(out, "p", PARA, text),
            Self::Heading(text) => element(out, "h2", HEADING, text),
            Self::Code(text) => element(out, "p", CODE, text),
            Self::Action { label, link, otherwise } => {
                let link = escaped(&on_site(link, site));
                let _ = writeln!(
                    out,
                    "<p style=\"{PARA}\"><a class=\"go\" href=\"{link}\" style=\"{BUTTON}\">{}</a></p>\n\
                     <p style=\"{SMALL}\">{}<br>\n<a href=\"{link}\">{link}</a></p>",
                    rich(label),
                    rich(otherwise)
                );
            }
            Self::Facts(facts) => {
                let _ = writeln!(out, "<dl style=\"{FACTS}\">");
                for (name, value) in facts {
                    let _ = writeln!(
                        out,
                        "<dt class=\"name\" style=\"{NAME}\">{}</dt>\n<dd style=\"{VALUE}\">{}</dd>",
                        rich(name),
                        rich(value)
                    );
                }
                out.push_str("</dl>\n");
            }
            Self::Steps(items) => list(out, "ol", items),
            Self::Points(items) => list(out, "ul", items),
        }
    }
}

fn list(out: &mut String, name: &str, items: &[String]) {
    let _ = writeln!(out, "<{name} style=\"{LIST}\">");
    for item in items {
        element(out, "li", ITEM, item);
    }
    let _ = writeln!(out, "</{name}>");
}

fn element(out: &mut String, name: &str, style: &str, text: &str) {
    let _ = writeln!(out, "<{name} style=\"{style}\">{}</{name}>", rich(text));
}

/// One line of text, without the marks around facts.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !matches!(*c, OPEN | CLOSE)).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// One line of HTML.
fn rich(text: &str) -> String {
    escape(text, true)
}

fn escaped(text: &str) -> String {
    escape(text, false)
}

fn escape(text: &str, marks: bool) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            OPEN if marks => out.push_str("<bdi>"),
            CLOSE if marks => out.push_str("</bdi>"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The link if it leads to the portal, else the portal itself: no letter leads anywhere else.
fn on_site(link: &str, site: &str) -> String {
    let ours = link.strip_prefix(site).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']));
    let printable = link.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b'"' | b'\''));
    if ours && printable { link } else { site }.to_owned()
}

/// Year, month from 0, day of the month, in UTC.
pub(crate) fn day(at: Timestamp) -> (i16, usize, i8) {
    let day = licensing::when::day_of(at);
    (day.year(), usize::try_from(day.month() - 1).unwrap_or_default(), day.day())
}

/// `14:05`, in UTC.
pub(crate) fn time(at: Timestamp) -> String {
    let time = Offset::UTC.to_datetime(at).time();
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// Whether a day begins then.
pub(crate) fn is_midnight(at: Timestamp) -> bool {
    at == licensing::when::start_of(licensing::when::day_of(at))
}

/// A number with its thousands parted.
pub(crate) fn grouped(number: u64, by: char) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(by);
        }
        out.push(digit);
    }
    out
}
