//! The nouns: programmes, Licensing IDs, addresses and the other names that everything else is written in.
//!
//! Each is checked where it enters (`FromStr`, `serde(try_from)`), so every value that exists is valid.

use std::{borrow::Borrow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The longest text that is taken, in Unicode scalar values.
pub const LONGEST_TEXT: usize = 200;

/// Why a word was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadWord {
    /// Nothing was given.
    Empty,
    /// More than [`LONGEST_TEXT`] characters.
    TooLong,
    /// Not of the form that the word has.
    Malformed,
}

impl fmt::Display for BadWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::TooLong => "is longer than 200 characters",
            Self::Malformed => "is not of the expected form",
        })
    }
}

impl std::error::Error for BadWord {}

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// All of them, in the order of the specification.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name as it is written in data and paths.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::BadWord;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text { $($text => Ok(Self::$variant),)+ _ => Err($crate::words::BadWord::Malformed) }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
    };
}

pub(crate) use names;

names! {
    /// A licensing programme. `master` is an agreement above others; it carries no orders.
    Programme {
        /// Enterprise enrolment.
        Enterprise = "enterprise",
        /// Select enrolment.
        Select = "select",
        /// Select Plus customer number.
        SelectPlus = "select-plus",
        /// Open Value licence.
        OpenValue = "open-value",
        /// Open licence, with an authorization number.
        OpenLicence = "open-licence",
        /// Master agreement: a parent only.
        Master = "master",
    }
}

impl Programme {
    /// Whether an agreement of this programme is a Licensing ID, that is, can have orders and activations.
    pub const fn holds_licences(self) -> bool {
        !matches!(self, Self::Master)
    }

    /// The programme that somebody most likely means who writes it otherwise: in other case, with other signs between the
    /// words, in American spelling, or with a letter or two that differ.
    pub fn meant(text: &str) -> Option<Self> {
        let letters = |text: &str| -> Vec<char> {
            let all = text.chars().filter(|c| c.is_alphanumeric()).take(40);
            let all: String = all.flat_map(char::to_lowercase).collect();
            all.replace("license", "licence").chars().collect()
        };
        let given = letters(text);
        let near = Self::ALL.iter().map(|programme| (distance(&given, &letters(programme.as_str())), *programme));
        near.min().filter(|(apart, _)| *apart <= 2 && given.len() > 3).map(|(_, programme)| programme)
    }
}

/// By how many letters two words differ.
pub(crate) fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.iter().enumerate() {
        let mut before = std::mem::replace(&mut row[0], at + 1);
        for (column, second) in other.iter().enumerate() {
            let changed = before + usize::from(letter != second);
            before = row[column + 1];
            row[column + 1] = changed.min(before + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

names! {
    /// What a product is, and with that how it comes into use.
    ProductKind {
        /// Activated by a link.
        OnlineService = "online-service",
        /// Activated with a product key.
        KeyedService = "keyed-service",
        /// Cloud consumption: its activation mail goes to the notices contact.
        Consumption = "consumption",
        /// Never activated online.
        OnPremises = "on-premises",
    }
}

names! {
    /// A person's place on an agreement.
    ContactName {
        /// Primary contact.
        Primary = "primary",
        /// Notices contact.
        Notices = "notices",
        /// Online administrator.
        OnlineAdministrator = "online-administrator",
        /// Software-assurance manager.
        SoftwareAssuranceManager = "software-assurance-manager",
        /// Online services manager (OSM).
        OnlineServicesManager = "online-services-manager",
        /// Subscriptions manager.
        SubscriptionsManager = "subscriptions-manager",
        /// Bill-to contact.
        BillTo = "bill-to",
    }
}

/// Characters that nobody sees: controls (category Cc), and those that join, part, fill or turn what stands beside them
/// without showing. Two texts that differ in them alone look the same.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
                | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// The two unseen characters that some scripts need within a name.
pub const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200d}')
}

/// What a text that shows as it stands is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Something is found by it: it holds nothing unseen.
    Identifier,
    /// People read it: joiners may stand inside.
    Name,
}

/// Whether a text shows as it stands: it neither begins nor ends with white space, and holds nothing that nobody sees.
pub fn shows_as_it_stands(text: &str, what: Shown) -> bool {
    // Nearly all texts are of these characters, of which only the space is left to look at.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return !text.starts_with(' ') && !text.ends_with(' ');
    }
    let is_edge = |c: char| c.is_whitespace() || is_joiner(c);
    !text.starts_with(is_edge)
        && !text.ends_with(is_edge)
        && !text.chars().any(|c| is_unseen(c) && !(what == Shown::Name && is_joiner(c)))
}

/// What may not stand in a text that others see in mails and lists: what nobody sees, but for joiners, and what breaks lines.
pub fn is_hidden(c: char) -> bool {
    is_unseen(c) && !is_joiner(c) || matches!(c, '\u{2028}'..='\u{2029}' | '\u{fffe}'..='\u{ffff}')
}

/// What one person types and another one reads, in pages and mails: one line, without the blanks around it, that shows as it
/// stands. It may be empty.
pub fn typed_line(text: &str, most: usize) -> Result<&str, BadWord> {
    let text = text.trim();
    if text.chars().take(most + 1).count() > most {
        Err(BadWord::TooLong)
    } else if text.chars().any(is_hidden) || !shows_as_it_stands(text, Shown::Name) {
        Err(BadWord::Malformed)
    } else {
        Ok(text)
    }
}

macro_rules! text_word {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl FromStr for $name {
            type Err = BadWord;
            fn from_str(text: &str) -> Result<Self, BadWord> { checked_text(text).map(|()| Self(text.into())) }
        }
        impl TryFrom<String> for $name {
            type Error = BadWord;
            fn try_from(text: String) -> Result<Self, BadWord> { read_text(&text).map(|()| Self(text.into())) }
        }
        impl From<$name> for String {
            fn from(word: $name) -> Self { word.0.into() }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    };
}

/// Examines a text that is read. In the browser, texts come in answers of the functions, which read them before: there is
/// nothing left to examine, and nothing that a page would do about it.
fn read_text(text: &str) -> Result<(), BadWord> {
    if cfg!(target_arch = "wasm32") { Ok(()) } else { checked_text(text) }
}

fn checked_text(text: &str) -> Result<(), BadWord> {
    match text.chars().take(LONGEST_TEXT + 1).count() {
        0 => Err(BadWord::Empty),
        n if n > LONGEST_TEXT => Err(BadWord::TooLong),
        _ => Ok(()),
    }
}

text_word! { /** A product's key, as order systems write it. */ Sku }
text_word! { /** An order's key. */ OrderId }
text_word! { /** A customer's key. */ CustomerId }
text_word! { /** An organisation account's key. */ AccountId }
text_word! { /** The number of an agreement. */ Number }
text_word! { /** A person's profile. */ ProfileId }
text_word! { /** A text without a form of its own: a name, a postal address, an authorization number. */ Text }

/// What roles are held on: a programme and a number. Written `programme/number` in keys and paths.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Licence {
    /// The programme.
    pub programme: Programme,
    /// The number within it.
    pub number: Number,
}

impl Licence {
    /// `programme/number`; the programme never holds a slash, so the first one parts them.
    pub fn key(&self) -> String {
        format!("{}/{}", self.programme, self.number)
    }

    /// The number with all but its last four characters replaced: what a reader who may not know it sees.
    pub fn masked_number(&self) -> String {
        let all: Vec<char> = self.number.as_str().chars().collect();
        let shown = if all.len() > 6 { 4 } else { 2.min(all.len().saturating_sub(1)) };
        let hidden = all.len() - shown;
        "•".repeat(hidden.min(8)) + &all[hidden..].iter().collect::<String>()
    }
}

impl fmt::Display for Licence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.programme, self.number)
    }
}

impl FromStr for Licence {
    type Err = BadWord;
    fn from_str(key: &str) -> Result<Self, BadWord> {
        let (programme, number) = key.split_once('/').ok_or(BadWord::Malformed)?;
        Ok(Self { programme: programme.parse()?, number: number.parse()? })
    }
}

/// An email address of the form that HTML prescribes for email input, with a dot in the domain; kept in lower case.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(Box<str>);

impl Address {
    /// Takes back a text that an address was turned into, without examining it again.
    pub(crate) fn kept(text: &str) -> Self {
        Self(text.into())
    }

    /// The address in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands after the `@`.
    pub fn domain(&self) -> &str {
        at_the_last_sign(&self.0).map_or("", |(_, domain)| domain)
    }

    /// As a person types it: the domain may have letters of any script, and is kept in its ASCII form, which mail is sent to.
    /// In the browser it is left as it was typed, since the tables that it takes are larger than a page: the functions turn it
    /// into ASCII.
    pub fn typed(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        let (local, domain) = parts(text).map_err(BadAddress::Word)?;
        if !local.is_ascii() {
            return Err(BadAddress::LocalPart);
        }
        if domain.is_ascii() {
            return text.parse().map_err(BadAddress::Word);
        }
        in_ascii(local, domain).map_err(BadAddress::Word)
    }

    /// The address with its domain in its own letters, where that has others than ASCII: beside the address itself, never in
    /// its place, as letters of several scripts look alike.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn in_own_letters(&self) -> Option<String> {
        let (local, domain) = at_the_last_sign(&self.0)?;
        if !domain.split('.').any(|label| label.starts_with("xn--")) {
            return None;
        }
        let (own, sound) = idna::domain_to_unicode(domain);
        (sound.is_ok() && own != domain && !mixes_lookalikes(&own)).then(|| format!("{local}@{own}"))
    }

    /// The address as letters name it to its person: with its own letters first, where it has others than ASCII.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn in_full(&self) -> String {
        self.in_own_letters().map_or_else(|| self.0.to_string(), |own| format!("{own} ({})", self.0))
    }

    /// `a•••@contoso.example`: enough for the person to know their own, no more.
    pub fn masked(&self) -> String {
        let first = self.0.chars().next().unwrap_or('•');
        format!("{first}•••@{}", self.domain())
    }
}

/// Why what a person typed is no address that mail can be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadAddress {
    /// It has not the form of one.
    Word(BadWord),
    /// There are letters before the `@` that are not of ASCII: they have no other form, so only its person knows what to type.
    LocalPart,
}

impl fmt::Display for BadAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(bad) => bad.fmt(f),
            Self::LocalPart => f.write_str(
                "has letters before the @ that can't be used here: type it with the letters a to z, as your mail system writes it",
            ),
        }
    }
}

impl std::error::Error for BadAddress {}

#[cfg(not(target_arch = "wasm32"))]
fn in_ascii(local: &str, domain: &str) -> Result<Address, BadWord> {
    let domain = idna::domain_to_ascii_strict(domain).map_err(|_| BadWord::Malformed)?;
    if mixes_lookalikes(&idna::domain_to_unicode(&domain).0) {
        return Err(BadWord::Malformed);
    }
    format!("{local}@{domain}").parse()
}

/// Whether a part of a domain has letters from a to z beside Greek or Cyrillic ones: no registry gives such names away, and they
/// look like others.
#[cfg(not(target_arch = "wasm32"))]
fn mixes_lookalikes(domain: &str) -> bool {
    let is_other = |c: char| matches!(c, '\u{370}'..='\u{52f}' | '\u{1f00}'..='\u{1fff}');
    domain.split('.').any(|part| part.contains(is_other) && part.contains(|c: char| c.is_ascii_alphabetic()))
}

#[cfg(target_arch = "wasm32")]
fn in_ascii(local: &str, domain: &str) -> Result<Address, BadWord> {
    // What else is wrong with the domain, the functions say: they have the tables.
    if !is_local_part(local) || local.len() > LONGEST_LOCAL_PART || domain.contains(char::is_whitespace) {
        return Err(BadWord::Malformed);
    }
    Ok(Address(format!("{local}@{domain}").into()))
}

/// For the fields of requests: an address as a person types it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TypedAddress(pub Address);

impl TryFrom<String> for TypedAddress {
    type Error = BadAddress;
    fn try_from(text: String) -> Result<Self, BadAddress> {
        Address::typed(&text).map(Self)
    }
}

/// Reads a field of a request: an address as a person types it.
pub fn typed_address<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
    TypedAddress::deserialize(from).map(|typed| typed.0)
}

impl fmt::Debug for Address {
    /// Masked: addresses are personal and are never logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

/// What stands before and behind the `@` of an address.
fn parts(text: &str) -> Result<(&str, &str), BadWord> {
    checked_text(text)?;
    at_the_last_sign(text).ok_or(BadWord::Malformed)
}

/// What `rsplit_once('@')` says. That is made for any letter, and larger than pages can afford.
fn at_the_last_sign(text: &str) -> Option<(&str, &str)> {
    let at = text.bytes().rposition(|byte| byte == b'@')?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

fn is_local_part(local: &str) -> bool {
    !local.is_empty() && local.bytes().all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b))
}

/// The most characters before the `@` that mail servers have to take (RFC 5321).
const LONGEST_LOCAL_PART: usize = 64;

impl FromStr for Address {
    type Err = BadWord;
    fn from_str(text: &str) -> Result<Self, BadWord> {
        let address = Self::formed(text)?;
        if address.0.len() - address.domain().len() > LONGEST_LOCAL_PART + 1 {
            return Err(BadWord::Malformed);
        }
        Ok(address)
    }
}

impl Address {
    fn formed(text: &str) -> Result<Self, BadWord> {
        let (local, domain) = parts(text)?;
        let label_ok = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        if is_local_part(local) && domain.contains('.') && domain.split('.').all(label_ok) {
            Ok(Self(text.to_ascii_lowercase().into()))
        } else {
            Err(BadWord::Malformed)
        }
    }
}

impl TryFrom<String> for Address {
    type Error = BadWord;
    /// Takes what was stored when the part before the `@` had no limit of its own; and in the browser what the functions say.
    fn try_from(text: String) -> Result<Self, BadWord> {
        if cfg!(target_arch = "wasm32") { Ok(Self(text.into())) } else { Self::formed(&text) }
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0.into()
    }
}

impl Borrow<str> for Address {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A country or region: two capital letters of ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country([u8; 2]);

/// The officially assigned alpha-2 codes of ISO 3166-1.
const COUNTRIES: &str = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCM\
CNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMIN\
IOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNG\
NINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTM\
TNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

impl Country {
    /// All codes in alphabetical order.
    pub fn all() -> impl Iterator<Item = Self> {
        COUNTRIES.as_bytes().chunks_exact(2).map(|code| Self([code[0], code[1]]))
    }

    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Country {
    type Err = BadWord;
    fn from_str(text: &str) -> Result<Self, BadWord> {
        Self::all().find(|country| country.as_str() == text).ok_or(BadWord::Malformed)
    }
}

impl TryFrom<String> for Country {
    type Error = BadWord;
    fn try_from(text: String) -> Result<Self, BadWord> {
        text.parse()
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.as_str().to_owned()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// REG-01 a malformed or over-long address is refused.
    #[test]
    fn reg_01_addresses_have_the_form_of_html() {
        for good in ["a@b.example", "First.Last+tag@sub.contoso.example", "x!#$%&'*+/=?^_`{|}~-@a-b.example"] {
            assert_eq!(good.parse::<Address>().unwrap().as_str(), good.to_lowercase());
        }
        for bad in [
            "a@b",
            "a@",
            "@b.example",
            "a b@c.example",
            "a@b..example",
            "a@-b.example",
            "a@b-.example",
            "a@@b.example",
            "ä@b.example",
            "a@bücher.example",
            "а@contoso.example",
            "a@b.example.",
            "a\u{0}@b.example",
            "a@b.exa mple",
        ] {
            assert_eq!(bad.parse::<Address>(), Err(BadWord::Malformed), "{bad}");
        }
        assert_eq!(format!("{}@b.example", "x".repeat(200)).parse::<Address>(), Err(BadWord::TooLong));
        assert_eq!("".parse::<Address>(), Err(BadWord::Empty));
    }

    /// REG-01 REG-07 an address whose domain has letters of another script is taken, and kept in its ASCII form; it is shown to
    /// its person in both. Letters before the `@` have no other form.
    #[test]
    fn reg_01_an_internationalised_domain_is_taken_in_its_ascii_form() {
        for (typed, kept, own) in [
            ("Jane@Bücher.example", "jane@xn--bcher-kva.example", Some("jane@bücher.example")),
            ("jane@BU\u{308}CHER.example", "jane@xn--bcher-kva.example", Some("jane@bücher.example")),
            ("jane@почта.рф", "jane@xn--80a1acny.xn--p1ai", Some("jane@почта.рф")),
            ("jane@例え。example", "jane@xn--r8jz45g.example", Some("jane@例え.example")),
            (" jane@contoso.example\n", "jane@contoso.example", None),
            ("jane@ｃｏｎｔｏｓｏ.example", "jane@contoso.example", None),
            ("jane@xn--bcher-kva.example", "jane@xn--bcher-kva.example", Some("jane@bücher.example")),
            ("jane@xn--zzzzzz9999999.example", "jane@xn--zzzzzz9999999.example", None),
            ("jane@xn--contso-zqf.example", "jane@xn--contso-zqf.example", None),
        ] {
            let address = Address::typed(typed).unwrap();
            assert_eq!((address.as_str(), address.in_own_letters().as_deref()), (kept, own), "{typed}");
            let full = own.map_or_else(|| kept.to_owned(), |own| format!("{own} ({kept})"));
            assert_eq!(address.in_full(), full);
        }
        for (typed, bad) in [
            ("jäne@contoso.example", BadAddress::LocalPart),
            ("jäne@bücher.example", BadAddress::LocalPart),
            ("jane@cont\u{43e}so.example", BadAddress::Word(BadWord::Malformed)),
            ("jane@bücher", BadAddress::Word(BadWord::Malformed)),
            ("jane@bü cher.example", BadAddress::Word(BadWord::Malformed)),
            ("jane@bü_cher.example", BadAddress::Word(BadWord::Malformed)),
            ("jane@-bücher.example", BadAddress::Word(BadWord::Malformed)),
            ("bücher.example", BadAddress::Word(BadWord::Malformed)),
            ("@bücher.example", BadAddress::Word(BadWord::Malformed)),
            ("", BadAddress::Word(BadWord::Empty)),
        ] {
            assert_eq!(Address::typed(typed), Err(bad), "{typed}");
        }
        assert_eq!("jane@bücher.example".parse::<Address>(), Err(BadWord::Malformed), "rows say it in ASCII");
        assert!(BadAddress::LocalPart.to_string().contains("letters a to z"));
    }

    /// REG-01 a text has at most 200 characters, whatever they are, and an address's labels at most 63.
    #[test]
    fn reg_01_texts_and_labels_end_at_their_longest() {
        for (count, taken) in [(0, Err(BadWord::Empty)), (1, Ok(())), (200, Ok(())), (201, Err(BadWord::TooLong))] {
            assert_eq!("𝄞".repeat(count).parse::<Text>().map(|_| ()), taken, "{count}");
            assert_eq!(Sku::try_from("é".repeat(count)).map(|_| ()), taken, "{count}");
        }
        let at = |label: usize| format!("a@{}.example", "b".repeat(label)).parse::<Address>().map(|_| ());
        assert_eq!((at(63), at(64)), (Ok(()), Err(BadWord::Malformed)));
        let told = [BadWord::Empty, BadWord::TooLong, BadWord::Malformed].map(|bad| bad.to_string()).join(", ");
        assert_eq!(told, "is empty, is longer than 200 characters, is not of the expected form");
    }

    /// LINK-02 REG-11 APR-01 what one person types and another reads shows as it stands: direction marks, invisible characters
    /// and line breaks are refused, and so is what is only made of them.
    #[test]
    fn reg_11_what_others_read_shows_as_it_stands() {
        for unseen in "\n\t\u{0}\u{7f}\u{85}\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180e}\u{200b}\u{200e}\u{200f}\
\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{206f}\u{3164}\u{feff}\u{ffa0}\u{fff9}\u{fffe}\u{ffff}\u{e0001}\u{e007f}"
            .chars()
        {
            assert_eq!(typed_line(&format!("Ann{unseen}Lee"), 100), Err(BadWord::Malformed), "{unseen:?}");
        }
        for shown in
            "aé 漢🙂\u{a0}\u{200a}\u{200c}\u{200d}\u{2010}\u{2027}\u{202f}\u{205f}\u{fefe}\u{fffd}\u{fe0f}".chars()
        {
            assert!(typed_line(&format!("Ann{shown}Lee"), 100).is_ok(), "{shown:?}");
        }
        assert_eq!(typed_line(" \u{a0}Ann Lee\u{3000}\n", 7), Ok("Ann Lee"));
        assert_eq!(typed_line("Ann Lee", 6), Err(BadWord::TooLong));
        assert_eq!((typed_line("", 6), typed_line("\u{200d}Ann", 9)), (Ok(""), Err(BadWord::Malformed)));
        // Joiners make letters of several scripts, and are nothing by themselves; identifiers have none.
        let shows = |text: &str| [Shown::Name, Shown::Identifier].map(|what| shows_as_it_stands(text, what));
        assert_eq!(shows("می\u{200c}خواهم"), [true, false]);
        assert!(!shows_as_it_stands("Ann\u{200c}", Shown::Name) && !shows_as_it_stands("Ann\u{2003}", Shown::Name));
    }

    /// ACT-01 a text that looks like another one, or has blanks around it, is no identifier and no name.
    #[test]
    fn act_01_what_nobody_sees_is_known_by_its_ranges() {
        let ranges = [
            (0, 0x1f),
            (0x7f, 0x9f),
            (0xad, 0xad),
            (0x34f, 0x34f),
            (0x61c, 0x61c),
            (0x115f, 0x1160),
            (0x17b4, 0x17b5),
            (0x180b, 0x180f),
            (0x200b, 0x200f),
            (0x202a, 0x202e),
            (0x2060, 0x206f),
            (0x3164, 0x3164),
            (0xfeff, 0xfeff),
            (0xffa0, 0xffa0),
            (0xfff9, 0xfffb),
            (0xe0000, 0xe007f),
        ];
        for c in (0..=0x0010_ffff).filter_map(char::from_u32) {
            let unseen = ranges.iter().any(|(from, to)| (*from..=*to).contains(&u32::from(c)));
            assert_eq!(is_unseen(c), unseen, "{c:?}");
            let (inside, first, last) = (format!("a{c}b"), format!("{c}b"), format!("a{c}"));
            let joiner = matches!(c, '\u{200c}' | '\u{200d}');
            assert_eq!(shows_as_it_stands(&inside, Shown::Identifier), !unseen, "{c:?}");
            assert_eq!(shows_as_it_stands(&inside, Shown::Name), !unseen || joiner, "{c:?}");
            for edge in [first, last] {
                for what in [Shown::Identifier, Shown::Name] {
                    assert_eq!(shows_as_it_stands(&edge, what), !unseen && !c.is_whitespace(), "{c:?}");
                }
            }
        }
    }

    /// ACT-01 who writes a programme otherwise is told which one they mean, and nobody is told what is far off.
    #[test]
    fn act_01_a_programme_that_was_meant_is_guessed() {
        for (given, meant) in [
            ("open-license", Some(Programme::OpenLicence)),
            ("Open License", Some(Programme::OpenLicence)),
            ("open_licence", Some(Programme::OpenLicence)),
            ("openlicence", Some(Programme::OpenLicence)),
            ("Enterprise", Some(Programme::Enterprise)),
            ("enterprize", Some(Programme::Enterprise)),
            ("selectplus", Some(Programme::SelectPlus)),
            ("Select", Some(Programme::Select)),
            ("open value", Some(Programme::OpenValue)),
            ("MASTER", Some(Programme::Master)),
            ("gold", None),
            ("", None),
            ("mpsa", None),
        ] {
            assert_eq!(Programme::meant(given), meant, "{given}");
        }
    }

    /// REG-01 mail servers need not take more than 64 characters before the `@`; what was stored before is still read.
    #[test]
    fn reg_01_the_part_before_the_at_has_64_characters() {
        let of = |count: usize| format!("{}@x.example", "a".repeat(count));
        assert_eq!(of(64).parse::<Address>().map(String::from), Ok(of(64)));
        assert_eq!(of(65).parse::<Address>(), Err(BadWord::Malformed));
        assert_eq!(Address::try_from(of(65)).map(String::from), Ok(of(65)));
    }

    #[test]
    fn words_are_written_as_they_are_read() {
        let licence: Licence = "open-value/12/34".parse().unwrap();
        assert_eq!(licence.to_string(), "open-value/12/34");
        let country: Country = "SE".parse().unwrap();
        assert_eq!((country.to_string(), String::from(country)), ("SE".into(), "SE".into()));
        for name in Programme::ALL {
            assert_eq!((name.to_string().parse(), name.to_string()), (Ok(*name), name.as_str().into()));
        }
        let address: Address = "Ann@Contoso.example".parse().unwrap();
        assert_eq!((address.domain(), Borrow::<str>::borrow(&address)), ("contoso.example", "ann@contoso.example"));
        assert_eq!(serde_json::to_string(&address).unwrap(), "\"ann@contoso.example\"");
    }

    /// ACT-01 every programme but the one of agreements above others can have orders.
    #[test]
    fn act_01_a_master_agreement_holds_no_licences() {
        let without: Vec<_> = Programme::ALL.iter().filter(|programme| !programme.holds_licences()).collect();
        assert_eq!(without, [&Programme::Master]);
    }

    #[test]
    fn an_address_in_a_debug_print_is_masked() {
        assert_eq!(format!("{:?}", "jane@contoso.example".parse::<Address>().unwrap()), "j•••@contoso.example");
    }

    #[test]
    fn there_are_249_countries_and_no_others() {
        assert_eq!(Country::all().count(), 249);
        assert!("SE".parse::<Country>().is_ok());
        for bad in ["XX", "se", "S", "SWE", "ES ", "NA\u{0}"] {
            assert!(bad.parse::<Country>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_licence_is_read_back_from_its_key() {
        let licence: Licence = "open-value/12/34".parse().unwrap();
        assert_eq!((licence.programme, licence.number.as_str()), (Programme::OpenValue, "12/34"));
        assert_eq!(licence.key().parse::<Licence>().unwrap(), licence);
    }

    /// LINK-01 the full Licensing ID is not shown.
    #[test]
    fn link_01_a_masked_number_hides_most_of_it() {
        let masked = |number: &str| format!("enterprise/{number}").parse::<Licence>().unwrap().masked_number();
        assert_eq!(masked("88590039"), "••••0039");
        assert_eq!(masked("8859003"), "•••9003");
        assert_eq!(masked("885900"), "••••00", "of few characters, fewer are shown");
        assert_eq!(masked("100"), "•00");
        assert_eq!(masked("7"), "•");
        assert_eq!(masked(&"1".repeat(200)), "••••••••1111");
    }
}
