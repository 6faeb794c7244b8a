//! What the frontend's folder holds, and how its pages refer to what is built.
//!
//! A page or style sheet says `{{css}}`, `{{portal.js}}`, `{{portal.wasm}}`, `{{link.js}}`, `{{link.wasm}}` or
//! `{{static/NAME}}` (a file of `frontend/static`) and gets the address, which carries a hash of the content.
//! Files in `frontend/static/root` keep their names, at the root of the site.

use std::{collections::BTreeMap, path::PathBuf};

use sha2::{Digest, Sha256};

use crate::{Outcome, programs::root};

/// A program for the browser, and the page that starts it.
pub(crate) struct Entry {
    /// The binary of the package `frontend`.
    pub(crate) name: &'static str,
    /// What the page is called.
    pub(crate) page: &'static str,
    /// What it is made from, in `frontend/`; `{{entry.…}}` stands there for the entry's own files.
    pub(crate) source: &'static str,
    /// The paths that it is served for; `/manage/*` stands for all that begin so, `/*` for every other one.
    pub(crate) paths: &'static [&'static str],
    /// What a cold browser may load at most to show its first page.
    pub(crate) most: Most,
}

/// Bytes in brotli: the promise for deployed pages, and where pages that are quick to build stand a little below it. Growing
/// past the second is noticed in every test run; who raises it looks at the first (`cargo xtask bench first-load`).
pub(crate) struct Most {
    pub(crate) release: u64,
    pub(crate) quick: u64,
}

/// The mailed links have programs of their own: they are small and without the router. Activation links have one for
/// themselves, because most mails bring those; so have links to a decision, whose page has more to show and to choose. Managing
/// users is a program beside the portal: few need it, and it will grow.
pub(crate) const ENTRIES: [Entry; 5] = [
    Entry {
        name: "portal",
        page: "index.html",
        source: "index.html",
        paths: &["/*"],
        most: Most { release: 175_000, quick: 255_000 },
    },
    Entry {
        name: "link",
        page: "link.html",
        source: "link.html",
        paths: &["/a"],
        most: Most { release: 60_000, quick: 92_000 },
    },
    Entry {
        name: "mailed",
        page: "mailed.html",
        source: "link.html",
        paths: &["/s", "/p"],
        most: Most { release: 60_000, quick: 92_000 },
    },
    Entry {
        name: "decide",
        page: "decide.html",
        source: "link.html",
        paths: &["/j", "/r"],
        most: Most { release: 60_000, quick: 100_000 },
    },
    Entry {
        name: "people",
        page: "people.html",
        source: "index.html",
        paths: &["/manage/*"],
        most: Most { release: 125_000, quick: 178_000 },
    },
];

/// Where the frontend is; another folder can be named for trials.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("FRONTEND").map_or_else(|| root().join("frontend"), PathBuf::from)
}

/// The addresses that placeholders stand for.
#[derive(Default)]
pub(crate) struct Addresses(BTreeMap<String, String>);

impl Addresses {
    /// Gives content its address, `/assets/portal.1a2b3c4d5e.js`, and the placeholder that stands for it.
    pub(crate) fn add(&mut self, placeholder: &str, file: &str, content: &[u8]) -> String {
        let hash = &hex(content)[..10];
        let address = match file.rsplit_once('.') {
            Some((stem, extension)) => format!("/assets/{stem}.{hash}.{extension}"),
            None => format!("/assets/{file}.{hash}"),
        };
        self.0.insert(placeholder.to_owned(), address.clone());
        address
    }

    /// Puts addresses for the placeholders of a text.
    ///
    /// # Errors
    /// A placeholder that stands for nothing.
    pub(crate) fn fill(&self, text: &str, of: &str) -> Outcome<String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let (placeholder, behind) =
                after.split_once("}}").ok_or_else(|| format!("{of}: a placeholder is not closed"))?;
            let address = self.0.get(placeholder.trim()).ok_or_else(|| {
                let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
                format!("{of}: {{{{{placeholder}}}}} stands for nothing; there are {}", known.join(", "))
            })?;
            filled.push_str(before);
            filled.push_str(address);
            rest = behind;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    /// The addresses that a finished page names, in the order of their placeholders.
    pub(crate) fn named_in(&self, page: &str) -> Vec<&str> {
        self.0.values().map(String::as_str).filter(|address| page.contains(address)).collect()
    }
}

/// Leaves out comments; what is left keeps its order.
pub(crate) fn without_comments(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        kept.push_str(before);
        rest = after.split_once(close).map_or("", |(_, behind)| behind);
    }
    kept.push_str(rest);
    kept
}

/// The first half of the SHA-256, in hexadecimal digits.
pub(crate) fn hex(content: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(content).into();
    let (half, _) = digest.split_first_chunk().expect("32 bytes begin with 16");
    format!("{:032x}", u128::from_be_bytes(*half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_becomes_an_address_with_a_hash() {
        let mut addresses = Addresses::default();
        addresses.add("css", "portal.css", b"body{}");
        let page = addresses.fill("<link href=\"{{css}}\">", "index.html").expect("it is known");
        assert_eq!(page, "<link href=\"/assets/portal.7c98040a54.css\">");
        assert_eq!(addresses.named_in(&page), ["/assets/portal.7c98040a54.css"]);
    }

    #[test]
    fn an_unknown_placeholder_is_refused_with_those_that_are_known() {
        let mut addresses = Addresses::default();
        addresses.add("css", "portal.css", b"");
        let problem = addresses.fill("{{style}}", "index.html").expect_err("it is not known");
        assert_eq!(problem, "index.html: {{style}} stands for nothing; there are css");
    }

    #[test]
    fn comments_are_left_out() {
        assert_eq!(without_comments("a /* b */ c /* d", "/*", "*/"), "a  c ");
    }
}
