//! Links and codes are derived, never stored (SAFE-04): an authenticated sealing of what a link is for, under a key that
//! only the functions hold that mail or verify.
//!
//! The sealing is deterministic (AES-SIV, RFC 5297), so a reminder carries the same link as the first mail; a new
//! generation makes a new link and the old one is seen to be replaced. The 128-bit synthetic IV is the authenticator.

use std::iter;

use aes_siv::{KeyInit, siv::Aes256Siv};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::{
    mailed,
    words::{AccountId, Address, Licence, ProfileId, Sku},
};

/// The secrets for links and codes: the newest first, older ones only to open what was sealed under them.
#[derive(Clone)]
pub struct LinkKeys(Vec<LinkKey>);

#[derive(Clone)]
struct LinkKey {
    id: u8,
    seal: [u8; 64],
    code: [u8; 32],
}

impl std::fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LinkKeys({} keys)", self.0.len())
    }
}

/// The text with the keys is not `id:secret[,id:secret …]` with ids 0 to 255 and secrets of 32 bytes in base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadKeys;

impl std::fmt::Display for BadKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("link keys are written id:secret[,id:secret …], newest first, each secret 32 bytes in base64url")
    }
}

impl std::error::Error for BadKeys {}

/// What a mailed link is for. A link of one purpose never opens as another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Invites to activate.
    Activation {
        /// Under which Licensing ID.
        licence: Licence,
        /// What.
        product: Sku,
        /// Which of the links that were mailed for it.
        generation: u32,
    },
    /// Signs in.
    SignIn {
        /// As whom.
        address: Address,
        /// The familiar browser that asked, or empty.
        device: String,
        /// With which code.
        generation: u32,
    },
    /// Proves a further address.
    ProveAddress {
        /// Who asked.
        profile: ProfileId,
        /// The address.
        address: Address,
        /// Which of the links that were mailed for it.
        generation: u32,
    },
    /// Shows a request to join an account to one of its global administrators, who denies it there, or signs in to grant it.
    Join {
        /// Which account.
        account: AccountId,
        /// Who asks.
        asker: ProfileId,
        /// Which of the person's requests.
        generation: u32,
        /// To whose mailbox it was mailed.
        to: Address,
    },
    /// Shows a request for permission to one of those who decide, who denies it there, or signs in to grant it.
    Permission {
        /// On which Licensing ID.
        licence: Licence,
        /// Who asks.
        asker: ProfileId,
        /// Which of the person's requests.
        generation: u32,
        /// To whose mailbox it was mailed.
        to: Address,
    },
    /// Not mailed: kept by a browser that has signed in as this address before (REG-05).
    Familiar {
        /// As whom.
        address: Address,
        /// Whose profile says whether the browser is still known.
        profile: ProfileId,
        /// The browser.
        device: String,
    },
}

/// The link was cut short, added to, made up, or sealed under a key that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadLink;

impl LinkKeys {
    /// Reads `id:secret[,id:secret …]`, newest first.
    pub fn parse(text: &str) -> Result<Self, BadKeys> {
        Ok(Self(numbered_secrets(text)?.iter().map(|(id, secret)| LinkKey::new(*id, secret)).collect()))
    }

    /// One key, numbered.
    pub fn single(id: u8, secret: &[u8; 32]) -> Self {
        Self(vec![LinkKey::new(id, secret)])
    }

    /// The token of a link, for the fragment of its address.
    pub fn seal(&self, link: &Link) -> String {
        let key = &self.0[0];
        let (purpose, fields) = link.fields();
        let mut plain = Vec::new();
        for field in &fields {
            plain.extend_from_slice(&u16::try_from(field.len()).unwrap_or(u16::MAX).to_be_bytes());
            plain.extend_from_slice(field.as_bytes());
        }
        let mut bytes = vec![key.id];
        let sealed = Aes256Siv::new(&key.seal.into()).encrypt([[key.id].as_slice(), purpose.as_bytes()], &plain);
        bytes.extend(sealed.expect("two headers and a short text are within the limits of AES-SIV"));
        let mut token = URL_SAFE_NO_PAD.encode(bytes);
        if token.ends_with(['-', '_']) {
            token.push(LAST);
        }
        token
    }

    /// The activation link of a token.
    pub fn open_activation(&self, token: &str) -> Result<(Licence, Sku, u32), BadLink> {
        let [licence, product, generation] = self.open("activation", token)?;
        Ok((parsed(&licence)?, parsed(&product)?, parsed_number(&generation)?))
    }

    /// The sign-in link of a token: address, device, generation.
    pub fn open_sign_in(&self, token: &str) -> Result<(Address, String, u32), BadLink> {
        let [address, device, generation] = self.open("sign-in", token)?;
        Ok((parsed(&address)?, device, parsed_number(&generation)?))
    }

    /// The proof link of a token: profile, address, generation.
    pub fn open_proof(&self, token: &str) -> Result<(ProfileId, Address, u32), BadLink> {
        let [profile, address, generation] = self.open("prove-address", token)?;
        Ok((parsed(&profile)?, parsed(&address)?, parsed_number(&generation)?))
    }

    /// The link of a token that shows a request to join: account, asker, generation, to whom it was mailed.
    pub fn open_join(&self, token: &str) -> Result<(AccountId, ProfileId, u32, Address), BadLink> {
        let [account, asker, generation, to] = self.open("join", token)?;
        Ok((parsed(&account)?, parsed(&asker)?, parsed_number(&generation)?, parsed(&to)?))
    }

    /// The link of a token that shows a request for permission: Licensing ID, asker, generation, to whom it was mailed.
    pub fn open_permission(&self, token: &str) -> Result<(Licence, ProfileId, u32, Address), BadLink> {
        let [licence, asker, generation, to] = self.open("permission", token)?;
        Ok((parsed(&licence)?, parsed(&asker)?, parsed_number(&generation)?, parsed(&to)?))
    }

    /// The address, profile and browser of a familiar browser's token.
    pub fn open_familiar(&self, token: &str) -> Result<(Address, ProfileId, String), BadLink> {
        let [address, profile, device] = self.open("familiar", token)?;
        Ok((parsed(&address)?, parsed(&profile)?, device))
    }

    /// The six digits of a sign-in code (REG-03).
    pub fn code(&self, address: &Address, device: &str, generation: u32) -> String {
        Self::code_under(&self.0[0], address, device, generation)
    }

    /// Whether these are the six digits, under any key that is still held.
    pub fn is_code(&self, digits: &str, address: &Address, device: &str, generation: u32) -> bool {
        self.0.iter().any(|key| same(&Self::code_under(key, address, device, generation), digits))
    }

    /// The six digits beside a proof link (REG-07).
    pub fn proof_code(&self, profile: &ProfileId, address: &Address, generation: u32) -> String {
        Self::proof_code_under(&self.0[0], profile, address, generation)
    }

    /// Whether these are the six digits beside a proof link, under any key that is still held.
    pub fn is_proof_code(&self, digits: &str, profile: &ProfileId, address: &Address, generation: u32) -> bool {
        self.0.iter().any(|key| same(&Self::proof_code_under(key, profile, address, generation), digits))
    }

    /// A name for something personal that is counted, such as a network address: only who holds the keys can tell whose.
    pub fn pseudonym(&self, of: &str) -> String {
        Self::pseudonym_under(&self.0[0], of)
    }

    /// Whether this is the name of it, given under the newest key or under one before.
    pub fn is_pseudonym(&self, name: &str, of: &str) -> bool {
        self.0.iter().any(|key| Self::pseudonym_under(key, of) == name)
    }

    fn pseudonym_under(key: &LinkKey, of: &str) -> String {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&key.code).expect("any length is a key");
        mac.update(b"pseudonym");
        mac.update(of.as_bytes());
        URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..16])
    }

    fn code_under(key: &LinkKey, address: &Address, device: &str, generation: u32) -> String {
        Self::digits_of(key, &[address.as_str().as_bytes(), device.as_bytes(), &generation.to_be_bytes()])
    }

    fn proof_code_under(key: &LinkKey, profile: &ProfileId, address: &Address, generation: u32) -> String {
        let (profile, address) = (profile.as_str().as_bytes(), address.as_str().as_bytes());
        // Of another number of parts than a sign-in code, so that one is never the other.
        Self::digits_of(key, &[b"prove-address", profile, address, &generation.to_be_bytes()])
    }

    fn digits_of(key: &LinkKey, parts: &[&[u8]]) -> String {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&key.code).expect("any length is a key");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let bytes = mac.finalize().into_bytes();
        let number = u64::from_be_bytes(bytes[..8].try_into().expect("eight of thirty-two bytes"));
        format!("{:06}", number % 1_000_000)
    }

    fn open<const N: usize>(&self, purpose: &str, token: &str) -> Result<[String; N], BadLink> {
        let token = mailed::token(token);
        let plain = readings(&token).find_map(|text| self.unseal(purpose, &text)).ok_or(BadLink)?;
        let mut rest = plain.as_slice();
        let fields = std::array::from_fn(|_| take_field(&mut rest));
        if !rest.is_empty() || fields.iter().any(Option::is_none) {
            return Err(BadLink);
        }
        Ok(fields.map(Option::unwrap_or_default))
    }

    fn unseal(&self, purpose: &str, text: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (id, sealed) = bytes.split_first()?;
        let key = self.0.iter().find(|key| key.id == *id)?;
        Aes256Siv::new(&key.seal.into()).decrypt([[key.id].as_slice(), purpose.as_bytes()], sealed).ok()
    }
}

/// Stands behind a token that would end in `-` or `_`, which readers of plain text leave out of a link. No base64 has the length
/// that it then has, so nothing else is taken for it.
const LAST: char = '0';

/// How a token may be meant: as it stands, without [`LAST`], without the marks that a mail program set around it, or with the
/// one that a reader left out, from before tokens had [`LAST`].
fn readings(token: &str) -> impl Iterator<Item = String> {
    let whole = token.strip_suffix(LAST).filter(|_| token.len() % 4 == 1).unwrap_or(token);
    let bare = token.trim_end_matches(['-', '_']);
    let bare = (bare != whole).then(|| bare.to_owned());
    let left_out = (token.len() % 4 == 3).then(|| ["-", "_"].map(|end| [token, end].concat()));
    iter::once(whole.to_owned()).chain(bare).chain(left_out.into_iter().flatten())
}

impl LinkKey {
    fn new(id: u8, secret: &[u8; 32]) -> Self {
        let derive = |label: &str| -> [u8; 32] {
            let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(secret).expect("any length is a key");
            mac.update(label.as_bytes());
            mac.finalize().into_bytes().into()
        };
        let mut seal = [0; 64];
        seal[..32].copy_from_slice(&derive("countersign seal 1"));
        seal[32..].copy_from_slice(&derive("countersign seal 2"));
        Self { id, seal, code: derive("countersign code") }
    }
}

impl Link {
    fn fields(&self) -> (&'static str, Vec<String>) {
        match self {
            Self::Activation { licence, product, generation } => {
                ("activation", vec![licence.key(), product.as_str().into(), generation.to_string()])
            }
            Self::SignIn { address, device, generation } => {
                ("sign-in", vec![address.as_str().into(), device.clone(), generation.to_string()])
            }
            Self::ProveAddress { profile, address, generation } => {
                ("prove-address", vec![profile.as_str().into(), address.as_str().into(), generation.to_string()])
            }
            Self::Join { account, asker, generation, to } => {
                let fields = [account.as_str(), asker.as_str(), &generation.to_string(), to.as_str()];
                ("join", fields.map(str::to_owned).to_vec())
            }
            Self::Permission { licence, asker, generation, to } => {
                let fields = [&licence.key(), asker.as_str(), &generation.to_string(), to.as_str()];
                ("permission", fields.map(str::to_owned).to_vec())
            }
            Self::Familiar { address, profile, device } => {
                ("familiar", vec![address.as_str().into(), profile.as_str().into(), device.clone()])
            }
        }
    }
}

/// Reads `id:secret[,id:secret …]`.
pub(crate) fn numbered_secrets(text: &str) -> Result<Vec<(u8, [u8; 32])>, BadKeys> {
    let one = |part: &str| {
        let (id, secret) = part.trim().split_once(':').ok_or(BadKeys)?;
        let secret = URL_SAFE_NO_PAD.decode(secret).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(BadKeys)?;
        Ok((id.parse().map_err(|_| BadKeys)?, secret))
    };
    text.trim().split(',').map(one).collect()
}

/// The hash under which a random secret (session, API token, browser) is stored: useless to who reads it.
pub fn stored_hash(secret: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}

/// The secret that takes the place of another: whoever holds the old one and the salt that is stored makes it again, and
/// neither is enough.
pub fn secret_after(old: &str, salt: &str) -> String {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(old.as_bytes()).expect("any length is a key");
    mac.update(b"countersign session");
    mac.update(salt.as_bytes());
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// A short name made of a longer one, safe in tags and paths: 128 bits of its hash.
pub fn short_name(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text.as_bytes())[..16])
}

/// Bytes as text for cookies and tokens.
pub fn to_text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether two texts are the same, in a time that does not tell where they differ.
fn same(one: &str, other: &str) -> bool {
    subtle::ConstantTimeEq::ct_eq(one.as_bytes(), other.as_bytes()).into()
}

fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, BadLink> {
    text.parse().map_err(|_| BadLink)
}

fn parsed_number(text: &str) -> Result<u32, BadLink> {
    parsed(text)
}

fn take_field(rest: &mut &[u8]) -> Option<String> {
    let (length, after) = rest.split_first_chunk::<2>()?;
    let (field, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    *rest = after;
    String::from_utf8(field.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys() -> LinkKeys {
        LinkKeys::single(1, &[7; 32])
    }

    fn activation(generation: u32) -> Link {
        Link::Activation {
            licence: "enterprise/88590039".parse().unwrap(),
            product: "MAIL".parse().unwrap(),
            generation,
        }
    }

    /// EXP-06 SAFE-04 the same link is derived again, and a new generation is another one.
    #[test]
    fn exp_06_a_reminder_carries_the_same_link() {
        assert_eq!(keys().seal(&activation(1)), keys().seal(&activation(1)));
        assert_ne!(keys().seal(&activation(1)), keys().seal(&activation(2)));
        let (licence, product, generation) = keys().open_activation(&keys().seal(&activation(3))).unwrap();
        assert_eq!((licence.key().as_str(), product.as_str(), generation), ("enterprise/88590039", "MAIL", 3));
    }

    /// SAFE-04 a link of one purpose never opens as another, and none opens under a key that is gone.
    #[test]
    fn safe_04_links_are_single_purpose() {
        let sign_in = Link::SignIn { address: "a@b.example".parse().unwrap(), device: String::new(), generation: 1 };
        assert_eq!(keys().open_activation(&keys().seal(&sign_in)), Err(BadLink));
        assert!(keys().open_sign_in(&keys().seal(&sign_in)).is_ok());
        assert_eq!(LinkKeys::single(1, &[8; 32]).open_sign_in(&keys().seal(&sign_in)), Err(BadLink));
        assert_eq!(LinkKeys::single(2, &[7; 32]).open_sign_in(&keys().seal(&sign_in)), Err(BadLink));
        let secrets = format!("2:{},1:{}", to_text(&[8; 32]), to_text(&[7; 32]));
        assert!(
            LinkKeys::parse(&secrets).unwrap().open_sign_in(&keys().seal(&sign_in)).is_ok(),
            "rotated keys still open"
        );
    }

    /// ORG-04 SAFE-04 a link that shows a request to join is each administrator's own, and opens as nothing else.
    #[test]
    fn org_04_each_administrator_has_a_link_of_their_own() {
        let link = |to: &str| Link::Join {
            account: "a1".parse().unwrap(),
            asker: "p1".parse().unwrap(),
            generation: 2,
            to: to.parse().unwrap(),
        };
        let token = keys().seal(&link("ann@contoso.example"));
        assert_ne!(token, keys().seal(&link("bob@contoso.example")));
        let (account, asker, generation, to) = keys().open_join(&token).unwrap();
        assert_eq!((account.as_str(), asker.as_str(), generation, to.as_str()), ("a1", "p1", 2, "ann@contoso.example"));
        assert_eq!(keys().open_activation(&token), Err(BadLink));
        assert_eq!(keys().open_join(&keys().seal(&activation(1))), Err(BadLink));
    }

    /// REG-05 REG-07 SAFE-04 the other links open as what they were sealed for, and as nothing else.
    #[test]
    fn safe_04_a_proof_and_a_familiar_browser_open_as_what_they_are() {
        let address: Address = "ann@contoso.example".parse().unwrap();
        let proof = Link::ProveAddress { profile: "p1".parse().unwrap(), address: address.clone(), generation: 3 };
        let profile = || "p1".parse().unwrap();
        let familiar = Link::Familiar { address: address.clone(), profile: profile(), device: "browser".into() };
        let (proof, familiar) = (keys().seal(&proof), keys().seal(&familiar));
        assert_eq!(keys().open_proof(&proof), Ok(("p1".parse().unwrap(), address.clone(), 3)));
        assert_eq!(keys().open_familiar(&familiar), Ok((address.clone(), profile(), "browser".into())));
        let sign_in = Link::SignIn { address: address.clone(), device: "browser".into(), generation: 8 };
        assert_eq!(keys().open_sign_in(&keys().seal(&sign_in)), Ok((address, "browser".into(), 8)));
        assert_eq!((keys().open_proof(&familiar), keys().open_familiar(&proof)), (Err(BadLink), Err(BadLink)));
    }

    /// LINK-08 a link that was sealed with other fields than its purpose has, as by another version, does not open.
    #[test]
    fn link_08_a_link_with_other_fields_does_not_open() {
        let sealed = |plain: &[u8]| {
            let key = keys().0.remove(0);
            let sealed = Aes256Siv::new(&key.seal.into()).encrypt([[key.id].as_slice(), b"familiar"], plain);
            URL_SAFE_NO_PAD.encode([vec![key.id], sealed.unwrap()].concat())
        };
        let field = |text: &str| [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat();
        let (address, profile, device) = (field("ann@contoso.example"), field("p1"), field("browser"));
        assert!(keys().open_familiar(&sealed(&[&address[..], &profile, &device].concat())).is_ok());
        let whole = [&address[..], &profile, &device, &field("3")].concat();
        for other in [&whole[..], &whole[..whole.len() - 1], &whole[..address.len()], &whole[..address.len() + 4], &[]]
        {
            assert_eq!(keys().open_familiar(&sealed(other)), Err(BadLink), "{other:?}");
        }
        assert_eq!(
            keys().open_familiar(&sealed(&[field("nobody"), profile, device].concat())),
            Err(BadLink),
            "no address"
        );
    }

    /// SAFE-04 what is stored of a secret, and what is counted of a person, tells neither; what is printed of keys, none.
    #[test]
    fn safe_04_hashes_and_names_tell_nothing() {
        assert_eq!(stored_hash(b"abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0", "SHA-256 in base64url");
        assert_eq!(short_name("abc"), "ungWv48Bz-pBQUDeXa4iIw", "the first half of it");
        let name = keys().pseudonym("203.0.113.7");
        assert_eq!((name.len(), &name), (22, &keys().pseudonym("203.0.113.7")));
        assert_ne!(name, keys().pseudonym("203.0.113.8"));
        assert!(keys().is_pseudonym(&name, "203.0.113.7") && !keys().is_pseudonym(&name, "203.0.113.8"));
        assert_ne!(name, LinkKeys::single(1, &[8; 32]).pseudonym("203.0.113.7"), "only who holds the keys can tell");
        assert_eq!(format!("{:?}", keys()), "LinkKeys(1 keys)");
        assert!(BadKeys.to_string().contains("id:secret"));
    }

    /// REG-12 a secret that takes another's place follows from the old one and the salt, and from neither alone.
    #[test]
    fn reg_12_a_new_secret_needs_the_old_one_and_the_salt() {
        let next = secret_after("old", "salt");
        assert_eq!((next.len(), &next), (43, &secret_after("old", "salt")));
        assert!(next != secret_after("other", "salt") && next != secret_after("old", "another"));
    }

    /// LINK-01 the token does not show the Licensing ID to who decodes it.
    #[test]
    fn link_01_the_token_hides_what_it_names() {
        let bytes = URL_SAFE_NO_PAD.decode(keys().seal(&activation(1))).unwrap();
        assert!(!bytes.windows(4).any(|part| part == b"8859" || part == b"MAIL"));
    }

    /// LINK-01 LINK-08 no link ends in a mark that readers of plain text leave out of it.
    #[test]
    fn link_01_a_token_ends_in_a_letter_or_digit_and_older_ones_still_open() {
        let mut marked = 0;
        for generation in 0..2_000 {
            for product in ["MAIL", "MAIL1", "MAIL22"] {
                let licence: Licence = "enterprise/88590039".parse().unwrap();
                let link = Link::Activation { licence, product: product.parse().unwrap(), generation };
                let token = keys().seal(&link);
                assert!(token.ends_with(|last: char| last.is_ascii_alphanumeric()), "{token}");
                let opens = |token: &str| keys().open_activation(token).is_ok_and(|opened| opened.2 == generation);
                assert!(opens(&token), "{token}");
                if let Some(older) = token.strip_suffix(LAST).filter(|older| older.len() % 4 == 0) {
                    marked += 1;
                    assert!(opens(older), "{older} was mailed before");
                    assert!(opens(&older[..older.len() - 1]), "{older} was mailed before, and its end left out");
                }
            }
        }
        assert!(marked > 0, "there are some among so many");
    }

    /// LINK-01 LINK-08 what trackers and mail programs hang on a token is no part of it.
    #[test]
    fn link_01_a_tail_behind_the_token_is_left_out() {
        for product in ["MAIL", "MAIL1", "MAIL22"] {
            let licence: Licence = "enterprise/88590039".parse().unwrap();
            let token = keys().seal(&Link::Activation { licence, product: product.parse().unwrap(), generation: 7 });
            for tail in [
                "&utm_source=mail",
                "?utm_source=mail",
                "#end",
                ".",
                ">",
                ")",
                "%3E",
                "%20",
                "_",
                "__",
                "\u{201d}",
                "%",
            ] {
                let opened = keys().open_activation(&[&token, tail].concat());
                assert_eq!(opened.map(|opened| opened.2), Ok(7), "{token}{tail}");
            }
            assert!(keys().open_activation(&token.replace('-', "%2D").replace('_', "%255f")).is_ok());
            assert_eq!(keys().open_activation(&token[..token.len() - 2]), Err(BadLink), "cut short");
        }
    }

    proptest! {
        /// LINK-08 a link that was cut short, added to or changed does not open.
        #[test]
        fn link_08_a_damaged_link_does_not_open(at in 0usize..60, with in "[A-Za-z0-9_-]{0,3}", cut in 0usize..8) {
            let token = keys().seal(&activation(1));
            let at = at.min(token.len());
            let damaged = format!("{}{with}{}", &token[..at], &token[(at + cut).min(token.len())..]);
            // What a mail program set around it says nothing else.
            let bare = |token: &str| token.trim_end_matches(['-', '_', LAST]).to_owned();
            prop_assume!(bare(&damaged) != bare(&token));
            prop_assert_eq!(keys().open_activation(&damaged), Err(BadLink));
        }

        /// REG-03 a code has six digits and belongs to one address, browser and generation.
        #[test]
        fn reg_03_a_code_has_six_digits(generation: u32) {
            let address = "a@b.example".parse().unwrap();
            let code = keys().code(&address, "", generation);
            prop_assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()));
            prop_assert!(keys().is_code(&code, &address, "", generation));
            prop_assert!(!keys().is_code(&code[..5], &address, "", generation));
        }

        /// REG-07 a proof's code has six digits, and belongs to one profile, address and mail.
        #[test]
        fn reg_07_a_proof_code_has_six_digits(generation: u32) {
            let (profile, other): (ProfileId, ProfileId) = ("p1".parse().unwrap(), "p2".parse().unwrap());
            let address: Address = "a@b.example".parse().unwrap();
            let code = keys().proof_code(&profile, &address, generation);
            prop_assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()));
            prop_assert!(keys().is_proof_code(&code, &profile, &address, generation));
            let same = [
                keys().is_proof_code(&code, &other, &address, generation),
                keys().is_proof_code(&code, &profile, &"b@b.example".parse().unwrap(), generation),
                keys().is_proof_code(&code, &profile, &address, generation.wrapping_add(1)),
                keys().is_code(&code, &address, "p1", generation),
            ];
            // One in a million is the same by chance.
            prop_assert!(same.iter().filter(|same| **same).count() < 2);
        }
    }
}
