//! JSON as the functions speak it, read and written for the types of `api`.
//!
//! Why not `serde_json`: its errors, numbers and second way to read every structure are a third of a small program, and the
//! browser needs none of them. An answer is of the expected shape, or it was made by another version of the functions.

use std::{borrow::Cow, fmt};

use serde::{
    Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, SeqAccess, VariantAccess, Visitor},
    ser,
};

/// Nested deeper than this, it is none of ours.
const DEEPEST: u8 = 32;

/// Reads a value; none if the text is not of its shape.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    let mut reader = Reader { rest: text, depth: 0 };
    let value = T::deserialize(&mut reader).ok()?;
    reader.blank();
    reader.rest.is_empty().then_some(value)
}

/// Writes a value.
pub(crate) fn written(value: &impl Serialize) -> String {
    let mut out = Writer(String::new());
    // Only what `Writer` has no form for fails, and the types of `api` hold nothing of the kind.
    drop(value.serialize(&mut out));
    out.0
}

/// Not of the expected shape. What exactly was wrong is of no use to the person in front of the page.
#[derive(Debug)]
pub(crate) struct Unfit;

type Fit<T> = Result<T, Unfit>;

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not of the expected shape")
    }
}

impl std::error::Error for Unfit {}

impl de::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }

    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self
    }

    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
        Self
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self
    }

    fn missing_field(_: &'static str) -> Self {
        Self
    }

    fn duplicate_field(_: &'static str) -> Self {
        Self
    }
}

impl ser::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

// ---- reading ----

struct Reader<'t> {
    rest: &'t str,
    depth: u8,
}

impl<'t> Reader<'t> {
    /// Passes over so many bytes.
    fn pass(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// How many bytes there are before one of these, which are all of ASCII. (Searching for letters takes more code.)
    fn before(&self, ends: fn(u8) -> bool) -> usize {
        self.rest.bytes().position(ends).unwrap_or(self.rest.len())
    }

    fn blank(&mut self) {
        let blanks = self.before(|byte| !is_blank(byte));
        self.pass(blanks);
    }

    /// What comes next, blanks aside.
    fn next(&mut self) -> u8 {
        self.blank();
        self.rest.as_bytes().first().copied().unwrap_or_default()
    }

    /// Takes this byte if it comes next.
    fn took(&mut self, byte: u8) -> bool {
        let is = self.next() == byte;
        if is {
            self.pass(1);
        }
        is
    }

    fn take(&mut self, byte: u8) -> Fit<()> {
        if self.took(byte) { Ok(()) } else { Err(Unfit) }
    }

    fn took_word(&mut self, word: &str) -> bool {
        self.blank();
        let after = self.rest.strip_prefix(word);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    fn deeper(&mut self) -> Fit<()> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(Unfit) } else { Ok(()) }
    }

    fn text(&mut self) -> Fit<Cow<'t, str>> {
        self.take(b'"')?;
        let mut filled = String::new();
        loop {
            let end = self.before(|byte| matches!(byte, b'"' | b'\\'));
            let plain = self.rest.get(..end).unwrap_or_default();
            let mark = self.rest.as_bytes().get(end).ok_or(Unfit)?;
            self.pass(end + 1);
            if *mark == b'"' {
                return Ok(if filled.is_empty() { Cow::Borrowed(plain) } else { Cow::Owned(filled + plain) });
            }
            filled.push_str(plain);
            filled.push(self.escaped()?);
        }
    }

    fn escaped(&mut self) -> Fit<char> {
        let mark = self.rest.chars().next().ok_or(Unfit)?;
        self.pass(mark.len_utf8());
        Ok(match mark {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            '"' | '\\' | '/' => mark,
            'u' => {
                let first = self.unit()?;
                let code = if (0xd800..0xdc00).contains(&first) {
                    self.rest = self.rest.strip_prefix("\\u").ok_or(Unfit)?;
                    let second = self.unit()?.checked_sub(0xdc00).filter(|low| *low < 0x400).ok_or(Unfit)?;
                    0x10000 + ((first - 0xd800) << 10) + second
                } else {
                    first
                };
                char::from_u32(code).ok_or(Unfit)?
            }
            _ => return Err(Unfit),
        })
    }

    fn unit(&mut self) -> Fit<u32> {
        let digits = self.rest.get(..4).ok_or(Unfit)?;
        self.pass(4);
        digits.chars().try_fold(0, |unit, digit| Ok(unit << 4 | digit.to_digit(16).ok_or(Unfit)?))
    }

    fn number(&mut self) -> Fit<u64> {
        self.blank();
        let end = self.before(|byte| !byte.is_ascii_digit());
        let digits = self.rest.get(..end).filter(|digits| !digits.is_empty()).ok_or(Unfit)?;
        self.pass(end);
        digits
            .bytes()
            .try_fold(0, |number: u64, digit| number.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
            .ok_or(Unfit)
    }

    /// Passes over a value.
    fn skip(&mut self) -> Fit<()> {
        match self.next() {
            b'"' => drop(self.text()?),
            b'{' => drop(self.members(&[])?),
            b'[' => {
                let mut items = Items::of(self)?;
                while items.more()? {
                    items.reader.skip()?;
                }
            }
            _ => {
                let end = self.before(|byte| is_blank(byte) || matches!(byte, b',' | b'}' | b']'));
                if end == 0 {
                    return Err(Unfit);
                }
                self.pass(end);
            }
        }
        Ok(())
    }

    /// Passes over an object, and gives the texts of these members; what nobody asked for is left out.
    fn members(&mut self, names: &[&str]) -> Fit<Vec<Option<&'t str>>> {
        let mut found = vec![None; names.len()];
        self.take(b'{')?;
        self.deeper()?;
        if !self.took(b'}') {
            loop {
                let name = self.text()?;
                self.take(b':')?;
                let from = self.rest;
                self.skip()?;
                if let Some(place) = names.iter().position(|known| *known == name) {
                    found[place] = from.get(..from.len() - self.rest.len());
                }
                if self.took(b'}') {
                    break;
                }
                self.take(b',')?;
            }
        }
        self.depth -= 1;
        Ok(found)
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

/// The items of a list, one after the other.
struct Items<'r, 't> {
    reader: &'r mut Reader<'t>,
    first: bool,
}

impl<'r, 't> Items<'r, 't> {
    fn of(reader: &'r mut Reader<'t>) -> Fit<Self> {
        reader.take(b'[')?;
        reader.deeper()?;
        Ok(Self { reader, first: true })
    }

    /// Whether there is another one; where there is none, the end was taken.
    fn more(&mut self) -> Fit<bool> {
        if self.reader.took(b']') {
            self.reader.depth -= 1;
            return Ok(false);
        }
        if !std::mem::take(&mut self.first) {
            self.reader.take(b',')?;
        }
        Ok(true)
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Unfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Fit<Option<T::Value>> {
        if self.more()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

/// The fields of a structure in the order in which it has them. `serde` also makes code that takes them by their names in
/// any order: several times as much, which no program carries as long as nobody calls it.
struct Fields<'t>(std::vec::IntoIter<Option<&'t str>>);

impl<'de> SeqAccess<'de> for Fields<'de> {
    type Error = Unfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Fit<Option<T::Value>> {
        let Some(text) = self.0.next().flatten() else { return Ok(None) };
        let mut reader = Reader { rest: text, depth: 0 };
        let value = seed.deserialize(&mut reader)?;
        if reader.rest.is_empty() { Ok(Some(value)) } else { Err(Unfit) }
    }
}

/// A variant: a word, or an object with the variant's name and content.
struct Variant<'r, 't> {
    reader: &'r mut Reader<'t>,
    names: &'static [&'static str],
}

impl<'r, 'de> EnumAccess<'de> for Variant<'r, 'de> {
    type Error = Unfit;
    type Variant = &'r mut Reader<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Fit<(V::Value, Self::Variant)> {
        let name = self.reader.text()?;
        let place = self.names.iter().position(|known| *known == name).ok_or(Unfit)?;
        // By its number rather than its name, for the same reason as in `Fields`.
        Ok((seed.deserialize((place as u64).into_deserializer())?, self.reader))
    }
}

impl<'de> VariantAccess<'de> for &mut Reader<'de> {
    type Error = Unfit;

    fn unit_variant(self) -> Fit<()> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Fit<T::Value> {
        self.take(b':')?;
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Fit<V::Value> {
        Err(Unfit)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Fit<V::Value> {
        Err(Unfit)
    }
}

macro_rules! unfit {
    ($($method:ident)+) => { $(fn $method<V: Visitor<'de>>(self, _: V) -> Fit<V::Value> { Err(Unfit) })+ };
}

macro_rules! numbers {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Fit<V::Value> { visitor.visit_u64(self.number()?) })+
    };
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Unfit;

    unfit! {
        deserialize_any deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_f32 deserialize_f64
        deserialize_char deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_map deserialize_identifier
    }
    numbers! { deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Fit<V::Value> {
        let holds = self.took_word("true");
        if !holds && !self.took_word("false") {
            return Err(Unfit);
        }
        visitor.visit_bool(holds)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Fit<V::Value> {
        visitor.visit_str(&self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Fit<V::Value> {
        visitor.visit_string(self.text()?.into_owned())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Fit<V::Value> {
        if self.took_word("null") { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Fit<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Fit<V::Value> {
        visitor.visit_seq(Items::of(self)?)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Fit<V::Value> {
        let mut items = Items::of(self)?;
        let value = visitor.visit_seq(&mut items)?;
        if items.more()? { Err(Unfit) } else { Ok(value) }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, len: usize, visitor: V) -> Fit<V::Value> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, _: V) -> Fit<V::Value> {
        Err(Unfit)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Fit<V::Value> {
        visitor.visit_seq(Fields(self.members(fields)?.into_iter()))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Fit<V::Value> {
        let has_content = self.took(b'{');
        let value = visitor.visit_enum(Variant { reader: &mut *self, names })?;
        if has_content {
            self.take(b'}')?;
        }
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Fit<V::Value> {
        self.skip()?;
        visitor.visit_unit()
    }
}

// ---- writing ----

struct Writer(String);

impl Writer {
    fn text(&mut self, text: &str) {
        self.0.push('"');
        for letter in text.chars() {
            match letter {
                '\0'..'\u{20}' => {
                    self.0.push_str("\\u00");
                    for place in [4, 0] {
                        self.0.push(char::from_digit(u32::from(letter) >> place & 15, 16).unwrap_or('0'));
                    }
                }
                _ => {
                    if matches!(letter, '"' | '\\') {
                        self.0.push('\\');
                    }
                    self.0.push(letter);
                }
            }
        }
        self.0.push('"');
    }

    fn begin(&mut self, with: &str) -> &mut Self {
        self.0.push_str(with);
        self
    }

    /// Parts an item from the one before.
    fn comma(&mut self) {
        if !self.0.ends_with(['{', '[']) {
            self.0.push(',');
        }
    }

    fn member(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Fit<()> {
        self.comma();
        self.text(name);
        self.0.push(':');
        value.serialize(self)
    }

    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Fit<()> {
        self.comma();
        value.serialize(self)
    }

    /// Writes a number. What std writes one with is larger than the pages behind mailed links can afford.
    fn count(&mut self, count: u64) {
        if count > 9 {
            self.count(count / 10);
        }
        self.0.push(char::from(b'0' + u8::try_from(count % 10).unwrap_or_default()));
    }

    #[expect(clippy::unnecessary_wraps, reason = "the last word of each kind of value, which serde wants as a result")]
    fn finish(&mut self, with: &str) -> Fit<()> {
        self.0.push_str(with);
        Ok(())
    }
}

impl ser::SerializeStruct for &mut Writer {
    type Ok = ();
    type Error = Unfit;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Fit<()> {
        self.member(name, value)
    }

    fn end(self) -> Fit<()> {
        self.finish("}")
    }
}

impl ser::SerializeSeq for &mut Writer {
    type Ok = ();
    type Error = Unfit;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Fit<()> {
        self.item(value)
    }

    fn end(self) -> Fit<()> {
        self.finish("]")
    }
}

impl ser::SerializeTuple for &mut Writer {
    type Ok = ();
    type Error = Unfit;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Fit<()> {
        self.item(value)
    }

    fn end(self) -> Fit<()> {
        self.finish("]")
    }
}

macro_rules! no_form {
    ($($method:ident $type:ty),+) => { $(fn $method(self, _: $type) -> Fit<()> { Err(Unfit) })+ };
}

macro_rules! counts {
    ($($method:ident $type:ty),+) => {
        $(fn $method(self, count: $type) -> Fit<()> {
            self.count(u64::from(count));
            Ok(())
        })+
    };
}

type No = ser::Impossible<(), Unfit>;

impl Serializer for &mut Writer {
    type Ok = ();
    type Error = Unfit;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = Self;
    type SerializeStructVariant = No;

    no_form! {
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64, serialize_f32 f32, serialize_f64 f64,
        serialize_char char, serialize_bytes &[u8]
    }
    counts! { serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64 }

    fn serialize_bool(self, holds: bool) -> Fit<()> {
        self.finish(if holds { "true" } else { "false" })
    }

    fn serialize_str(self, text: &str) -> Fit<()> {
        self.text(text);
        Ok(())
    }

    fn serialize_none(self) -> Fit<()> {
        self.finish("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Fit<()> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Fit<()> {
        self.finish("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Fit<()> {
        self.finish("null")
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Fit<()> {
        self.text(variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Fit<()> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Fit<()> {
        self.begin("{").member(variant, value)?;
        self.finish("}")
    }

    fn serialize_seq(self, _: Option<usize>) -> Fit<Self> {
        Ok(self.begin("["))
    }

    fn serialize_tuple(self, _: usize) -> Fit<Self> {
        Ok(self.begin("["))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Fit<No> {
        Err(Unfit)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Fit<No> {
        Err(Unfit)
    }

    fn serialize_map(self, _: Option<usize>) -> Fit<No> {
        Err(Unfit)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Fit<Self> {
        Ok(self.begin("{"))
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Fit<No> {
        Err(Unfit)
    }
}

#[cfg(test)]
mod tests {
    use api::{
        Instant, Problem,
        activations::{
            self, Account, Activation, Checked, Choice, Confirm, Cure, Later, LineExplained, MailState, MailStatus,
            Phase, RevivalAsked, Row, SettingUp, Target, Which,
        },
        joins,
        me::{self, About},
        requests,
        sign_in::SignIn,
    };
    use licensing::{ContactName, ProductKind, judge::Rule};

    use super::*;
    use crate::permissions;

    fn which() -> Which {
        Which { licence: "open-value/12/34".parse().unwrap(), product: "a\"b\\c\n\u{1}ü😀".parse().unwrap() }
    }

    fn activation() -> Activation {
        let line = LineExplained {
            order: "PO-1".into(),
            line: 1,
            product: which().product,
            product_name: "Mail".into(),
            quantity: u64::MAX,
            purchased: "2026-05-31".into(),
            usage_starts: "2026-06-01".into(),
            outcome: "mail".into(),
            checks: vec![Checked {
                rule: Rule::Act02,
                holds: true,
                evidence: vec![("to".into(), "j•••@b.example".into())],
            }],
            state: Some(Phase::Invited),
            cures: vec![Cure::AskRevival],
            later: vec![],
        };
        Activation {
            row: Row {
                licence: which().licence,
                product: which().product,
                product_name: "Mail".into(),
                customer_name: String::new(),
                quantity: 250,
                state: Phase::Activated,
                account_name: Some("Contoso".into()),
                date: None,
            },
            kind: ProductKind::OnlineService,
            to: Some((ContactName::BillTo, "j•••@b.example".into())),
            send_at: None,
            mailed_at: Some(Instant("2026-05-31T10:00:00Z".into())),
            expires_at: None,
            activated_at: None,
            activated_by: None,
            undo_until: None,
            setting_up: Some(SettingUp { takes_long: true, refused: None }),
            moving_to: None,
            moving_until: Some(Instant("2026-06-30T10:00:00Z".into())),
            only_proposed: true,
            moving_to_id: Some("acc".parse().unwrap()),
            accounts: vec![Account {
                id: "acc".parse().unwrap(),
                name: "A".into(),
                domains: vec![],
                administered: true,
                linked: false,
            }],
            joining: None,
            revival: Some(RevivalAsked {
                at: Instant("2026-05-31T10:00:00Z".into()),
                by_you: true,
                by: None,
                declined_at: None,
                reason: Some("r".into()),
            }),
            revivals: 0,
            mails: vec![MailStatus {
                to: "x".into(),
                letter: "activation".into(),
                subject: "s".into(),
                sender: "t".into(),
                queued_at: Instant("2026-05-31T10:00:00Z".into()),
                state: MailState::Delivered,
                at: None,
            }],
            cures: vec![Cure::Activate, Cure::Resend],
            later: vec![Later { cure: Cure::Undo, at: Instant("2026-05-31T10:00:00Z".into()) }],
            lines: vec![line],
        }
    }

    fn same<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(value: &T) {
        let theirs = serde_json::to_string(value).unwrap();
        assert_eq!(read::<T>(&theirs).as_ref(), Some(value), "{theirs}");
        let ours = written(value);
        assert_eq!(serde_json::from_str::<T>(&ours).unwrap(), *value, "{ours}");
        assert_eq!(read::<T>(&ours).as_ref(), Some(value));
        let spaced = serde_json::to_string_pretty(value).unwrap();
        assert_eq!(read::<T>(&spaced).as_ref(), Some(value), "{spaced}");
    }

    #[test]
    fn it_is_read_and_written_as_the_functions_do() {
        same(&which());
        same(&activation());
        same(&Problem::new(api::Code::TooOften).field("address"));
        same(&Confirm { target: Target::Link("tok".into()), choice: Choice::New("A \"b\"".into()) });
        same(&Confirm { target: Target::Portal(which()), choice: Choice::Existing("acc".parse().unwrap()) });
        same(&About { publisher: licensing::policy::Publisher::default(), policy: licensing::Policy::default() });
        for how in [
            SignIn::Code { address: "a@b.example".parse().unwrap(), code: "123456".into() },
            SignIn::Link { token: "t".into(), address: None },
        ] {
            assert_eq!(serde_json::from_str::<SignIn>(&written(&how)).unwrap(), how);
        }
    }

    #[test]
    fn what_nobody_asked_for_is_passed_over() {
        let mut value = serde_json::to_value(activation()).unwrap();
        value["new-in-the-next-version"] =
            serde_json::json!({"a": [1, -2.5e3, null, true, {"b": "]}\\\""}, []], "c": {}, "d": "ü\u{0}"});
        assert_eq!(read::<Activation>(&value.to_string()), Some(activation()));
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(read::<String>(r#" "\u00fc\ud83d\ude00\/\b\f\n\r\t\"\\" "#).unwrap(), "ü😀/\u{8}\u{c}\n\r\t\"\\");
    }

    #[test]
    fn what_is_cut_short_or_of_another_shape_is_refused() {
        let whole = serde_json::to_string(&activation()).unwrap();
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            assert_eq!(read::<Activation>(&whole[..end]), None, "cut at {end}");
        }
        for text in [r#""\ud83d""#, r#""\ud83dx""#, r#""\u12"#, r#""\x""#, "1", "\"a\" b", "\"", "null", "{}"] {
            assert_eq!(read::<String>(text), None, "{text}");
        }
        for text in ["[1,]", "[,1]", "[1 2]", "[-1]", "[1.5]", "[18446744073709551616]", "[1", "1"] {
            assert_eq!(read::<Vec<u64>>(text), None, "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(read::<Vec<u64>>(&deep), None);
        assert_eq!(read::<Which>(&format!(r#"{{"x":{deep}"#)), None);
    }

    /// What reads an example and writes it again, as this module does, for each type that pages know.
    type Way = fn(&str) -> Option<String>;

    fn through<T: DeserializeOwned + Serialize>(text: &str) -> Option<String> {
        Some(written(&read::<T>(text)?))
    }

    /// Pages read one answer as two types, and the members of both make it up.
    fn in_two_parts(text: &str) -> Option<String> {
        let whole = through::<me::MyLicence>(text)? + &through::<permissions::LicenceShown>(text)?;
        Some(whole.replace("}{", ","))
    }

    /// The types of the description, by its names. Those without a way are of other programs, and say which.
    const WAYS: &[(&str, Way)] = &[
        ("Problem", through::<Problem>),
        ("Ask", through::<api::sign_in::Ask>),
        ("Asked", through::<api::sign_in::Asked>),
        ("LinkToken", through::<api::sign_in::LinkToken>),
        ("SignInLinkShown", through::<api::sign_in::LinkShown>),
        ("Profile", through::<me::Profile>),
        ("Me", through::<me::Me>),
        ("ConfirmCountry", through::<me::ConfirmCountry>),
        ("AddAddress", through::<me::AddAddress>),
        ("RemoveAddress", through::<me::RemoveAddress>),
        ("TakeAddress", through::<me::TakeAddress>),
        ("ProofMailed", through::<me::ProofMailed>),
        ("ProofShown", through::<me::ProofShown>),
        ("Sessions", through::<me::Sessions>),
        ("EndSession", through::<me::EndSession>),
        ("MailTroubles", through::<me::MailTroubles>),
        ("LiftMail", through::<me::LiftMail>),
        ("Licences", through::<me::Licences>),
        ("Overview", through::<me::Overview>),
        ("LicenceShown", in_two_parts),
        ("People", through::<me::People>),
        ("About", through::<me::About>),
        ("Which", through::<Which>),
        ("LinkShown", through::<activations::LinkShown>),
        ("Mailed", through::<activations::Mailed>),
        ("Preview", through::<activations::Preview>),
        ("Previewed", through::<activations::Previewed>),
        ("Confirm", through::<Confirm>),
        ("Confirmed", through::<activations::Confirmed>),
        ("Remap", through::<activations::Remap>),
        ("Remapped", through::<activations::Remapped>),
        ("ActivationsPage", through::<api::Page<Row>>),
        ("Activation", through::<Activation>),
        ("Where", through::<activations::Where>),
        ("AskToJoin", through::<joins::AskToJoin>),
        ("Withdraw", through::<joins::Withdraw>),
        ("MyRequest", through::<joins::MyRequest>),
        ("Joining", through::<joins::Joining>),
        ("Decide", through::<joins::Decide>),
        ("JoinShown", through::<joins::JoinShown>),
        ("Joins", through::<joins::Joins>),
        ("AskPermission", through::<permissions::AskPermission>),
        ("OnLicence", through::<requests::OnLicence>),
        ("GiveUp", through::<requests::GiveUp>),
        ("GivenUp", through::<permissions::GivenUp>),
        ("MyRequests", through::<permissions::MyRequests>),
        ("PermissionRequest", through::<permissions::PermissionRequest>),
        ("InspectRequest", through::<requests::InspectRequest>),
        ("DecideRequest", through::<permissions::DecideRequest>),
        ("RequestShown", through::<permissions::RequestShown>),
        ("Approvals", through::<permissions::Approvals>),
        ("ApprovalRow", through::<permissions::ApprovalRow>),
        ("RequestKey", through::<requests::RequestKey>),
        ("WhichRequest", through::<requests::WhichRequest>),
        ("RequestDecision", through::<permissions::RequestDecision>),
        ("Roles", through::<permissions::Roles>),
        ("AccessShown", through::<permissions::AccessShown>),
        ("AddressAccess", through::<permissions::AddressAccess>),
        ("RoleAccess", through::<permissions::RoleAccess>),
        ("EndsSooner", through::<permissions::EndsSooner>),
        ("SourceAccess", through::<permissions::SourceAccess>),
        ("ChangePerson", through::<api::people::ChangePerson>),
        ("PersonChange", through::<api::people::PersonChange>),
        ("InviteAgain", through::<api::people::InviteAgain>),
        ("PersonOutcome", through::<api::people::PersonOutcome>),
        ("AuditPage", through::<api::Page<api::audit::Row>>),
        ("Address", through::<licensing::Address>),
        ("Instant", through::<Instant>),
        ("Number", through::<licensing::words::Number>),
        ("Sku", through::<licensing::Sku>),
        ("AccountId", through::<licensing::AccountId>),
        ("Country", through::<licensing::Country>),
        ("Day", through::<String>),
        ("Token", through::<String>),
    ];

    /// Requests that pages only write: the functions read them in another way, as fields first. Reading takes their own reader.
    const WRITTEN: &[(&str, Way)] = &[
        ("SignIn", |text| Some(written(&serde_json::from_str::<SignIn>(text).ok()?))),
        ("Prove", |text| Some(written(&serde_json::from_str::<me::Prove>(text).ok()?))),
    ];

    /// Types of other programs, which no page reads or writes.
    const NOT_OURS: [&str; 3] = ["AuditKeys", "LoadReport", "TypedAddress"];

    /// Every example of the API's description is read as its type, and written again as it stands there.
    #[test]
    fn every_example_of_the_description_is_read_and_written_again() {
        let text = include_str!("../../functions/shared/api/openapi.json");
        let document: serde_json::Value = serde_json::from_str(text).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let mut tried = 0;
        for (name, schema) in schemas {
            let Some(examples) = schema["examples"].as_array() else { continue };
            if NOT_OURS.contains(&name.as_str()) {
                continue;
            }
            let way = WAYS.iter().chain(WRITTEN).find(|(known, _)| known == name);
            let (_, way) =
                way.unwrap_or_else(|| panic!("{name} has examples: say in WAYS as which type pages read it"));
            for example in examples {
                for text in [example.to_string(), format!("{example:#}")] {
                    let written = way(&text).unwrap_or_else(|| panic!("{name} is not read: {text}"));
                    let again: serde_json::Value = serde_json::from_str(&written).unwrap();
                    assert_eq!(again, *example, "{name}");
                    tried += 1;
                }
            }
        }
        assert!(tried > 90, "only {tried} examples were found");
    }
}
