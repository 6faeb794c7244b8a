//! A letter with its words: as it is handed over.

use std::fmt;

use crate::{
    de, en,
    letter::{Context, Language, Letter},
    sheet::Sheet,
};

/// A letter as it is sent. It may open a link or show a code, so it is handed over and forgotten (SAFE-04).
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line; never with a code or a link, as delivery notices repeat it.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// The letter's name in the ledger.
    pub template: &'static str,
    /// Its wording, [`WORDING`], in the ledger.
    pub version: u32,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rendered({} {})", self.template, self.version)
    }
}

/// The words that all letters are written in, as one number: a hash of the files that hold them. With it the ledger says which
/// wording of a letter somebody got, and nobody has to count.
pub const WORDING: u32 = hash_of(&[
    include_bytes!("en.rs"),
    include_bytes!("en/permission.rs"),
    include_bytes!("de.rs"),
    include_bytes!("de/permission.rs"),
    include_bytes!("sheet.rs"),
]);

/// FNV-1a over all files.
const fn hash_of(files: &[&[u8]]) -> u32 {
    let (mut hash, mut file) = (0x811c_9dc5_u32, 0);
    while file < files.len() {
        let mut at = 0;
        while at < files[file].len() {
            hash = (hash ^ files[file][at] as u32).wrapping_mul(0x0100_0193);
            at += 1;
        }
        file += 1;
    }
    hash
}

/// Writes the letter as text and HTML in the recipient's language.
pub fn render(letter: &Letter, context: &Context<'_>) -> Rendered {
    let sheet: Sheet = match context.language {
        Language::En => en::write(letter, context),
        Language::De => de::write(letter, context),
    };
    let (subject, text, html) = sheet.print(context.language.as_str(), &context.publisher.name, context.site);
    Rendered { subject, text, html, template: letter.template(), version: WORDING }
}

#[cfg(test)]
mod tests {
    use super::{WORDING, hash_of};

    /// SAFE-03 the ledger tells two wordings apart: any change of a letter's words is another number.
    #[test]
    fn safe_03_another_wording_is_another_number() {
        let files = ["en.rs", "en/permission.rs", "de.rs", "de/permission.rs", "sheet.rs"]
            .map(|name| std::fs::read(format!("{}/src/{name}", env!("CARGO_MANIFEST_DIR"))).expect("it is there"));
        let all = |files: &[Vec<u8>; 5]| hash_of(&files.each_ref().map(Vec::as_slice));
        assert_eq!(all(&files), WORDING);
        for file in 0..5 {
            let mut changed = files.clone();
            changed[file][100] ^= 1;
            assert_ne!(all(&changed), WORDING);
        }
    }
}
