//! One JSON text, read in one pass into a flat list of nodes.
//!
//! The order in which a row's faults are reported needs what a tree of maps loses: the order of the fields, fields that
//! stand there twice, and numbers as they were written (`1.0` is no integer, `1e999` is a number). The list is kept from
//! row to row, so that reading allocates nothing, and it is filled without recursion, so that 64 KiB of `[` are harmless.

/// The text is no JSON.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotJson;

/// The nodes of one text in the order of the document. A container is followed by what it contains; a member of an
/// object is a text node, its name, and then the value.
#[derive(Debug, Default)]
pub(super) struct Tape {
    nodes: Vec<Node>,
    /// Texts in which something was escaped.
    unescaped: String,
    /// The containers that are open while reading.
    open: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
enum Node {
    Null,
    Bool(bool),
    Number(Span),
    Text(Span),
    Unescaped(Span),
    List { end: u32 },
    Object { end: u32 },
}

#[derive(Debug, Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

/// A place in a text that was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'t> {
    text: &'t str,
    tape: &'t Tape,
    at: u32,
}

impl Tape {
    /// Reads `text`, which is shorter than 4 GiB, and forgets what was read before.
    pub(super) fn read<'t>(&'t mut self, text: &'t str) -> Result<Value<'t>, NotJson> {
        self.nodes.clear();
        self.unescaped.clear();
        self.open.clear();
        Cursor { text, bytes: text.as_bytes(), at: 0 }.document(self)?;
        Ok(Value { text, tape: self, at: 0 })
    }

    fn push(&mut self, node: Node) {
        self.nodes.push(node);
    }

    fn next_index(&self) -> u32 {
        to_u32(self.nodes.len())
    }
}

impl<'t> Value<'t> {
    /// Whether it is `null`, which is as good as absent.
    pub(super) fn is_null(self) -> bool {
        matches!(self.node(), Node::Null)
    }

    /// The text, if it is one.
    pub(super) fn text(self) -> Option<&'t str> {
        match self.node() {
            Node::Text(span) => Some(&self.text[span.range()]),
            Node::Unescaped(span) => Some(&self.tape.unescaped[span.range()]),
            _ => None,
        }
    }

    /// The number as it was written, if it is one.
    pub(super) fn number(self) -> Option<&'t str> {
        match self.node() {
            Node::Number(span) => Some(&self.text[span.range()]),
            _ => None,
        }
    }

    /// Whether it is `true`, if it is `true` or `false`.
    pub(super) fn flag(self) -> Option<bool> {
        match self.node() {
            Node::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub(super) fn items(self) -> Option<impl Iterator<Item = Value<'t>>> {
        let Node::List { end } = self.node() else { return None };
        let mut next = self.at + 1;
        Some(std::iter::from_fn(move || {
            let item = Value { at: next, ..self };
            (next < end).then(|| {
                next = item.behind();
                item
            })
        }))
    }

    /// The members in the order of the document, if it is an object.
    pub(super) fn members(self) -> Option<impl Iterator<Item = (&'t str, Value<'t>)>> {
        let Node::Object { end } = self.node() else { return None };
        let mut next = self.at + 1;
        Some(std::iter::from_fn(move || {
            let (name, value) = (Value { at: next, ..self }, Value { at: next + 1, ..self });
            (next < end).then(|| {
                next = value.behind();
                (name.text().unwrap_or_default(), value)
            })
        }))
    }

    fn node(self) -> Node {
        self.tape.nodes[self.at as usize]
    }

    /// The index of the node behind this value.
    fn behind(self) -> u32 {
        match self.node() {
            Node::List { end } | Node::Object { end } => end,
            _ => self.at + 1,
        }
    }
}

impl Span {
    fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

struct Cursor<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl Cursor<'_> {
    fn document(&mut self, tape: &mut Tape) -> Result<(), NotJson> {
        loop {
            // A value begins here. What it contains comes in the next rounds.
            match self.visible() {
                Some(open @ (b'{' | b'[')) => {
                    self.at += 1;
                    tape.open.push(tape.next_index());
                    let close = if open == b'{' {
                        tape.push(Node::Object { end: 0 });
                        b'}'
                    } else {
                        tape.push(Node::List { end: 0 });
                        b']'
                    };
                    if self.visible() != Some(close) {
                        if open == b'{' {
                            self.name(tape)?;
                        }
                        continue;
                    }
                }
                Some(b'"') => self.string(tape)?,
                Some(b'-' | b'0'..=b'9') => self.number(tape)?,
                Some(b't') => self.literal("true", Node::Bool(true), tape)?,
                Some(b'f') => self.literal("false", Node::Bool(false), tape)?,
                Some(b'n') => self.literal("null", Node::Null, tape)?,
                _ => return Err(NotJson),
            }
            // A value ended here, and with it perhaps the containers that it is the last of.
            loop {
                let next = self.visible();
                let Some(&open) = tape.open.last() else {
                    return if next.is_none() { Ok(()) } else { Err(NotJson) };
                };
                self.at += 1;
                let end = tape.next_index();
                let container = &mut tape.nodes[open as usize];
                match (next, *container) {
                    (Some(b','), Node::Object { .. }) => {
                        self.visible();
                        self.name(tape)?;
                        break;
                    }
                    (Some(b','), _) => break,
                    (Some(b'}'), Node::Object { .. }) => *container = Node::Object { end },
                    (Some(b']'), Node::List { .. }) => *container = Node::List { end },
                    _ => return Err(NotJson),
                }
                tape.open.pop();
            }
        }
    }

    /// The next byte that isn't white space.
    fn visible(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    fn name(&mut self, tape: &mut Tape) -> Result<(), NotJson> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(NotJson);
        }
        self.string(tape)?;
        if self.visible() != Some(b':') {
            return Err(NotJson);
        }
        self.at += 1;
        Ok(())
    }

    fn literal(&mut self, word: &str, node: Node, tape: &mut Tape) -> Result<(), NotJson> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(NotJson);
        }
        self.at += word.len();
        tape.push(node);
        Ok(())
    }

    fn number(&mut self, tape: &mut Tape) -> Result<(), NotJson> {
        let start = self.at;
        self.accept(b"-");
        let leading_zero = self.bytes.get(self.at) == Some(&b'0');
        if self.digits()? > 1 && leading_zero {
            return Err(NotJson);
        }
        if self.accept(b".") {
            self.digits()?;
        }
        if self.accept(b"eE") {
            self.accept(b"+-");
            self.digits()?;
        }
        tape.push(Node::Number(self.span_from(start)));
        Ok(())
    }

    fn accept(&mut self, any_of: &[u8]) -> bool {
        let found = self.bytes.get(self.at).is_some_and(|byte| any_of.contains(byte));
        self.at += usize::from(found);
        found
    }

    fn digits(&mut self) -> Result<usize, NotJson> {
        let count = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(NotJson) } else { Ok(count) }
    }

    fn span_from(&self, start: usize) -> Span {
        Span { start: to_u32(start), end: to_u32(self.at) }
    }

    fn string(&mut self, tape: &mut Tape) -> Result<(), NotJson> {
        self.at += 1;
        let start = self.at;
        self.plain()?;
        if self.bytes[self.at] == b'"' {
            tape.push(Node::Text(self.span_from(start)));
            self.at += 1;
            return Ok(());
        }
        let unescaped = &mut tape.unescaped;
        let begin = to_u32(unescaped.len());
        let mut from = start;
        loop {
            unescaped.push_str(&self.text[from..self.at]);
            let byte = self.bytes[self.at];
            self.at += 1;
            if byte == b'"' {
                let end = to_u32(unescaped.len());
                tape.nodes.push(Node::Unescaped(Span { start: begin, end }));
                return Ok(());
            }
            unescaped.push(self.escaped()?);
            from = self.at;
            self.plain()?;
        }
    }

    /// Moves on to the next quotation mark or backslash.
    fn plain(&mut self) -> Result<(), NotJson> {
        let plain = self.bytes[self.at..].iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ');
        self.at += plain.ok_or(NotJson)?;
        if matches!(self.bytes[self.at], b'"' | b'\\') { Ok(()) } else { Err(NotJson) }
    }

    fn escaped(&mut self) -> Result<char, NotJson> {
        let byte = self.bytes.get(self.at).ok_or(NotJson)?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(*byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => match self.four_digits()? {
                high @ 0xd800..=0xdbff => {
                    // Half a character isn't Unicode and has no UTF-8, so a lone one makes the text no UTF-8 JSON.
                    if !self.bytes[self.at..].starts_with(b"\\u") {
                        return Err(NotJson);
                    }
                    self.at += 2;
                    let low = self.four_digits()?;
                    if !(0xdc00..=0xdfff).contains(&low) {
                        return Err(NotJson);
                    }
                    char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00)).ok_or(NotJson)?
                }
                other => char::from_u32(other).ok_or(NotJson)?,
            },
            _ => return Err(NotJson),
        })
    }

    fn four_digits(&mut self) -> Result<u32, NotJson> {
        let digits = self.bytes.get(self.at..self.at + 4).ok_or(NotJson)?;
        self.at += 4;
        digits.iter().try_fold(0, |value, byte| Ok(value * 16 + char::from(*byte).to_digit(16).ok_or(NotJson)?))
    }
}

fn to_u32(index: usize) -> u32 {
    u32::try_from(index).expect("a row is shorter than 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Number, Value as Tree};

    fn tree(value: Value<'_>) -> Tree {
        if value.is_null() {
            Tree::Null
        } else if let Some(text) = value.text() {
            Tree::String(text.into())
        } else if let Some(number) = value.number() {
            serde_json::from_str::<Number>(number).map_or(Tree::Null, Tree::Number)
        } else if let Some(items) = value.items() {
            items.map(tree).collect()
        } else if let Some(members) = value.members() {
            Tree::Object(members.map(|(name, value)| (name.to_owned(), tree(value))).collect::<Map<_, _>>())
        } else {
            Tree::Bool(value.flag().expect("it is nothing else"))
        }
    }

    /// Reads as `serde_json` does.
    fn agrees(text: &str) {
        let mut tape = Tape::default();
        let ours = tape.read(text).map(tree).ok();
        let theirs = serde_json::from_str::<Tree>(text).ok();
        assert_eq!(ours, theirs, "{text}");
    }

    fn any_tree() -> impl Strategy<Value = Tree> {
        let leaf = prop_oneof![
            Just(Tree::Null),
            Just(Tree::Bool(true)),
            any::<i64>().prop_map(Tree::from),
            any::<f64>().prop_map(Tree::from),
            any::<String>().prop_map(Tree::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Tree::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|members| Tree::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_what_serde_json_writes(value in any_tree()) {
            agrees(&value.to_string());
            agrees(&serde_json::to_string_pretty(&value).unwrap());
        }

        #[test]
        fn accepts_what_serde_json_accepts(
            value in any_tree(),
            cuts in prop::collection::vec((any::<prop::sample::Index>(), "[\\[\\]{}\",:\\\\0-9eE.+\\-a-z \u{1}é]{0,2}"), 1..4),
        ) {
            let mut text = value.to_string();
            for (at, put) in cuts {
                let at = at.index(text.len() + 1);
                if let Some(at) = (at..=text.len()).find(|at| text.is_char_boundary(*at)) {
                    let gone = text[at..].chars().next().map_or(0, char::len_utf8);
                    text.replace_range(at..at + gone, &put);
                }
            }
            // The one deliberate difference: a number is a number, however large.
            let overflows = serde_json::from_str::<Tree>(&text).is_err_and(|error| error.to_string().contains("out of range"));
            if !overflows {
                agrees(&text);
            }
        }

        #[test]
        fn any_text_is_read_or_refused_as_serde_json_does(text in "[\\[\\]{}\",:\\\\u0-9dD8cC.eE+\\-ntf rueals]{0,24}") {
            let overflows = serde_json::from_str::<Tree>(&text).is_err_and(|error| error.to_string().contains("out of range"));
            if !overflows {
                agrees(&text);
            }
        }
    }

    #[test]
    fn corners_of_the_grammar() {
        for text in [
            "",
            " ",
            "{}",
            "[]",
            "[ ]",
            "{ }",
            "[1,]",
            "[,1]",
            "{\"a\":1,}",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{1:2}",
            "[1 2]",
            "[}",
            "{]",
            "01",
            "-",
            "-0",
            "-01",
            "1.",
            ".5",
            "1.5e",
            "1e+5",
            "1E-5",
            "+1",
            "NaN",
            "Infinity",
            "nul",
            "nulll",
            "truefalse",
            "\"",
            "\"\\\"",
            "\"\\u00e9\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\ude00\"",
            "\"\\ud83d\\u0041\"",
            "\"\\u12\"",
            "\"\\x\"",
            r#""\"\\\/\b\f\n\r\t""#,
            "\"a\tb\"",
            "\"\u{7f}\"",
            "{\"a\":1} x",
            "{\"a\":1}{}",
            "\u{feff}{}",
            "[[[[]]]]",
            "{\"a\":{\"b\":[{}]}}",
            "'a'",
            "{a:1}",
            "/**/{}",
        ] {
            agrees(text);
        }
    }

    #[test]
    fn nesting_costs_no_stack_and_large_numbers_are_numbers() {
        let deep = format!("{}{}", "[".repeat(32_000), "]".repeat(32_000));
        assert!(Tape::default().read(&deep).is_ok());
        assert_eq!(Tape::default().read(&deep[1..]).err(), Some(NotJson));
        let mut tape = Tape::default();
        assert_eq!(tape.read("1e999").unwrap().number(), Some("1e999"));
    }

    #[test]
    fn members_keep_their_order_and_repeats() {
        let mut tape = Tape::default();
        let value = tape.read(r#"{"b":[1,{"c":2}],"a":"x","\u0062":null}"#).unwrap();
        let names: Vec<_> = value.members().unwrap().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(names, ["b", "a", "b"]);
    }
}
