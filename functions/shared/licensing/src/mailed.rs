//! The address of a mailed link, as it comes back from the mail.
//!
//! Gateways encode it (some twice), trackers put parameters before and behind the `#`, mail programs take the bracket or the
//! full stop behind it along. The token itself is letters, digits, `-` and `_`, so it can be told from all of that.

/// The pages that mailed links lead to: an activation, a sign-in, the proof of an address, a request to join, one for permission.
pub const PAGES: [&str; 5] = ["/a", "/s", "/p", "/j", "/r"];

/// A mailed link that was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailed {
    /// One of [`PAGES`].
    pub page: &'static str,
    /// Its token; empty where it was lost.
    pub token: String,
}

impl Mailed {
    /// Reads an address from its path on, whether its `#` is still one or was encoded.
    pub fn read(address: &str) -> Option<Self> {
        let mut plain = Plain(address.as_bytes());
        let page = match (plain.next(), plain.next()?) {
            (Some(b'/'), b'a') => PAGES[0],
            (Some(b'/'), b's') => PAGES[1],
            (Some(b'/'), b'p') => PAGES[2],
            (Some(b'/'), b'j') => PAGES[3],
            (Some(b'/'), b'r') => PAGES[4],
            _ => return None,
        };
        let (mut token, mut run) = (String::new(), String::new());
        // Whether the path has ended, and whether a token may begin or go on: behind a `#`, until something else ends it.
        let (mut behind, mut open) = (false, false);
        for byte in plain {
            if byte == b'#' {
                (behind, open) = (true, true);
                run.clear();
            } else if is_of_token(byte) {
                if open {
                    run.push(char::from(byte));
                    // What a tracker wrote behind a `#` of its own is short.
                    if run.len() > token.len() {
                        token.clone_from(&run);
                    }
                } else if !behind {
                    return None;
                }
            } else if !behind && byte == b'~' {
                return None;
            } else {
                behind |= byte != b'/';
                open &= run.is_empty();
            }
        }
        Some(Self { page, token })
    }

    /// The address as it was mailed, from its path on.
    pub fn address(&self) -> String {
        if self.token.is_empty() { self.page.to_owned() } else { [self.page, "#", &self.token].concat() }
    }
}

/// The token of a text that begins with it, without what was hung on.
pub(crate) fn token(text: &str) -> String {
    let behind = Plain(text.as_bytes()).skip_while(|byte| !is_of_token(*byte));
    behind.take_while(|byte| is_of_token(*byte)).map(char::from).collect()
}

const fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// The bytes of a text that may be percent-encoded, however many times.
struct Plain<'a>(&'a [u8]);

impl Iterator for Plain<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (first, mut rest) = self.0.split_first()?;
        let mut byte = *first;
        while byte == b'%'
            && let [high, low, behind @ ..] = rest
            && let (Some(high), Some(low)) = (digit(*high), digit(*low))
        {
            byte = high * 16 + low;
            rest = behind;
        }
        self.0 = rest;
        Some(byte)
    }
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TOKEN: &str = "AbC-dEf_0123456789-xyzAbC-dEf_0123456789";

    fn token_of(address: &str) -> Option<(&'static str, String)> {
        Mailed::read(address).map(|link| (link.page, link.token))
    }

    /// LINK-01 LINK-08 a mailed link is recognised as gateways, trackers and mail programs bring it back.
    #[test]
    fn link_01_an_address_that_was_changed_on_its_way_is_read() {
        for page in PAGES {
            for (before, behind) in [
                ("#", ""),
                ("/#", ""),
                ("%23", ""),
                ("%2523", ""),
                ("%252523", ""),
                ("/%23", ""),
                ("%2F%23", ""),
                ("?utm_source=mail&utm_medium=email#", ""),
                ("?utm_source=mail%23", ""),
                ("&utm_source=mail#", ""),
                ("#", "&utm_source=mail&utm_campaign=autumn"),
                ("#", "?utm_source=mail"),
                ("%23", "?utm_source=mail"),
                ("%23", "%3Futm_source%3Dmail"),
                ("#", "#section"),
                ("#", ">"),
                ("%23", "%3E"),
                ("#", "."),
                ("#", ")."),
                ("#<", ">"),
                ("#%3C", "%3E"),
                ("#", "%20"),
                ("#", "\u{201d}"),
                ("#", "%E2%80%9D"),
            ] {
                let address = [page, before, TOKEN, behind].concat();
                assert_eq!(token_of(&address), Some((page, TOKEN.into())), "{address}");
            }
            let twice = [page, "%23", &TOKEN.replace('-', "%2D").replace('_', "%255F")].concat();
            assert_eq!(token_of(&twice), Some((page, TOKEN.into())), "{twice}");
            for cut in ["", "/", "#", "%23", "?utm_source=mail", "."] {
                assert_eq!(token_of(&[page, cut].concat()), Some((page, String::new())), "{page}{cut}");
            }
        }
        assert_eq!(token_of("/s#").map(|(page, _)| page), Some("/s"));
        assert_eq!(Mailed::read("/p%23abc>").unwrap().address(), "/p#abc");
        assert_eq!(Mailed::read("/p/?x=1").unwrap().address(), "/p");
    }

    /// UI-01 pages whose paths begin alike are not mailed links.
    #[test]
    fn ui_01_other_pages_are_none() {
        for path in [
            "/",
            "",
            "/activations",
            "/a/b",
            "/a/b#c",
            "/profile",
            "/joins",
            "/requests",
            "/sign-in?next=/a",
            "/a-b",
            "/a~23",
            "/b#c",
        ] {
            assert_eq!(Mailed::read(path), None, "{path}");
        }
    }

    proptest! {
        /// LINK-08 whatever text an address is, it is read without harm, and put right once and for all.
        #[test]
        fn link_08_a_link_that_was_put_right_stays_as_it_is(text in "/[aspjr]?[#%/?&.a-zA-Z0-9 ü<>-]{0,40}") {
            if let Some(link) = Mailed::read(&text) {
                prop_assert_eq!(Mailed::read(&link.address()), Some(link));
            }
        }
    }
}
