//! A letter between its words and its two forms: text and HTML are printed from the same blocks, so they say the same.
//!
//! Sentences come from the catalogues; what comes from outside goes through [`fact`]. Printing escapes everything.

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
    let clean = clean(text, LONGEST);
    format!("{OPEN}{}{CLOSE}", without_links(if clean.is_empty() { "–" } else { &clean }))
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

fn clean(text: &str, longest: usize) -> String {
    let spaced = text.chars().filter(|c| !is_invisible(*c)).map(|c| {
        if c.is_control() || c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }
    });
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

/// Puts an invisible joiner where a mail program would see an address of the web: after `://` and after a dot within a word.
fn without_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        let within_word = chars.peek().is_some_and(|next| !next.is_whitespace()) && !before.is_whitespace();
        if within_word && matches!(c, '.' | ':' | '@' | '/') {
            out.push(JOINER);
        }
        before = c;
    }
    out
}

impl Sheet {
    /// Subject, text and HTML.
    pub(crate) fn print(&self, language: &str, site: &str) -> (String, String, String) {
        (plain(&self.subject), self.text(site), self.html(language, site))
    }

    fn text(&self, site: &str) -> String {
        let mut out = String::new();
        for block in &self.blocks {
            match block {
                Block::Para(text) | Block::Heading(text) | Block::Code(text) => line(&mut out, &plain(text)),
                Block::Action { label, link, .. } => {
                    line(&mut out, &format!("{}:", plain(label)));
                    line(&mut out, &on_site(link, site));
                }
                Block::Facts(facts) => {
                    for (name, value) in facts {
                        line(&mut out, &format!("{}: {}", plain(name), plain(value)));
                    }
                }
                Block::Steps(steps) => {
                    for (n, step) in (1..).zip(steps) {
                        line(&mut out, &format!("{n}. {}", plain(step)));
                    }
                }
                Block::Points(points) => {
                    for point in points {
                        line(&mut out, &format!("- {}", plain(point)));
                    }
                }
            }
            out.push('\n');
        }
        out.push_str("--\n");
        for text in &self.footer {
            line(&mut out, &plain(text));
        }
        out
    }

    fn html(&self, language: &str, site: &str) -> String {
        let mut out = format!(
            "<!doctype html>\n<html lang=\"{language}\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"supported-color-schemes\" content=\"light dark\">\n\
             <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<div class=\"page\">\n",
            escaped(&plain(&self.subject))
        );
        for block in &self.blocks {
            block.html(&mut out, site);
        }
        out.push_str("<div class=\"foot\">\n");
        for text in &self.footer {
            element(&mut out, "p", text);
        }
        out.push_str("</div>\n</div>\n</body>\n</html>\n");
        out
    }
}

const STYLE: &str = ":root{color-scheme:light dark}";

impl Block {
    fn html(&self, out: &mut String, site: &str) {
        match self {
            Self::Para(text) => element(out, "p", text),
            Self::Heading(text) => element(out, "h2", text),
            Self::Code(text) => element(out, "p", text),
            Self::Action { label, link, otherwise } => {
                let link = escaped(&on_site(link, site));
                let (label, otherwise) = (rich(label), rich(otherwise));
                let _ = writeln!(out, "<p><a href=\"{link}\">{label}</a></p>");
                let _ = writeln!(out, "<p>{otherwise}<br>\n<a href=\"{link}\">{link}</a></p>");
            }
            Self::Facts(facts) => {
                out.push_str("<dl>\n");
                for (name, value) in facts {
                    let _ = writeln!(out, "<dt>{}</dt><dd>{}</dd>", rich(name), rich(value));
                }
                out.push_str("</dl>\n");
            }
            Self::Steps(items) => list(out, "ol", items),
            Self::Points(items) => list(out, "ul", items),
        }
    }
}

fn list(out: &mut String, name: &str, items: &[String]) {
    let _ = writeln!(out, "<{name}>");
    for item in items {
        element(out, "li", item);
    }
    let _ = writeln!(out, "</{name}>");
}

fn element(out: &mut String, name: &str, text: &str) {
    let _ = writeln!(out, "<{name}>{}</{name}>", rich(text));
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
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
        if n > 0 && (digits.len() - n) % 3 == 0 {
            out.push(by);
        }
        out.push(digit);
    }
    out
}
