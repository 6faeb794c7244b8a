//! Six digits as people type or paste them: one form of all (REG-03, REG-07).

use crate::words::is_unseen;

/// How many digits a mailed code has.
pub const DIGITS: usize = 6;

/// The zeros of the scripts that count in tens: their other digits follow in order (Unicode, category Nd).
const ZEROS: &str = "0\u{660}\u{6f0}\u{7c0}\u{966}\u{9e6}\u{a66}\u{ae6}\u{b66}\u{be6}\u{c66}\u{ce6}\u{d66}\u{de6}\u{e50}\u{ed0}\
\u{f20}\u{1040}\u{1090}\u{17e0}\u{1810}\u{1946}\u{19d0}\u{1a80}\u{1a90}\u{1b50}\u{1bb0}\u{1c40}\u{1c50}\u{a620}\u{a8d0}\
\u{a900}\u{a9d0}\u{a9f0}\u{aa50}\u{abf0}\u{ff10}\u{104a0}\u{10d30}\u{10d40}\u{11066}\u{110f0}\u{11136}\u{111d0}\u{112f0}\
\u{11450}\u{114d0}\u{11650}\u{116c0}\u{116d0}\u{116da}\u{11730}\u{118e0}\u{11950}\u{11bf0}\u{11c50}\u{11d50}\u{11da0}\
\u{11f50}\u{16130}\u{16a60}\u{16ac0}\u{16b50}\u{16d70}\u{1ccf0}\u{1d7ce}\u{1d7d8}\u{1d7e2}\u{1d7ec}\u{1d7f6}\u{1e140}\
\u{1e2f0}\u{1e4f0}\u{1e5f1}\u{1e950}\u{1fbf0}";

/// The six digits of a code, whatever stands between and around them: white space, dashes of any kind, and what nobody sees;
/// digits of every script that counts in tens. None if it is anything else: then nothing was tried.
pub fn six_digits(typed: &str) -> Option<String> {
    let mut digits = String::with_capacity(DIGITS);
    for c in typed.chars().filter(|c| !stands_between(*c)) {
        if digits.len() == DIGITS {
            return None;
        }
        digits.push(digit(c)?);
    }
    (digits.len() == DIGITS).then_some(digits)
}

fn digit(c: char) -> Option<char> {
    let value = ZEROS.chars().find_map(|zero| u32::from(c).checked_sub(u32::from(zero)).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}

fn stands_between(c: char) -> bool {
    c.is_whitespace()
        || is_unseen(c)
        || matches!(c, '-' | '\u{2d7}' | '\u{58a}' | '\u{5be}' | '\u{1400}' | '\u{1806}' | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{207b}' | '\u{208b}' | '\u{2212}' | '\u{2800}' | '\u{2e17}' | '\u{2e1a}' | '\u{2e3a}'..='\u{2e3b}' | '\u{2e40}' | '\u{2e5d}' | '\u{301c}' | '\u{3030}' | '\u{30a0}' | '\u{30fc}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe31}'..='\u{fe32}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' | '\u{10d6e}' | '\u{10ead}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// REG-03 REG-07 a code is taken as it is typed or pasted: with spaces, dashes, other scripts' digits, and what nobody sees.
    #[test]
    fn reg_03_a_code_is_taken_as_people_type_it() {
        for typed in [
            "493027",
            " 493 027\n",
            "493-027",
            "493\u{2011}027",
            "493\u{2013}027",
            "493\u{2014}027",
            "493\u{2212}027",
            "493\u{ff0d}027",
            "493\u{a0}027",
            "493\u{202f}027",
            "4\u{2009}9\u{2009}3\u{3000}0 2 7",
            "\u{feff}493\u{200b}027\u{200f}",
            "\u{202a}493027\u{202c}",
            "\u{2066}493\u{ad}027\u{2069}",
            "４９３０２７",
            "٤٩٣٠٢٧",
            "۴۹۳۰۲۷",
            "४९३०२७",
            "๔๙๓๐๒๗",
            "𝟜𝟡𝟛𝟘𝟚𝟟",
            "49٣0२７",
        ] {
            assert_eq!(six_digits(typed).as_deref(), Some("493027"), "{typed:?}");
        }
    }

    /// REG-03 what is no six digits is none, so that no try is counted for it.
    #[test]
    fn reg_03_what_is_no_six_digits_is_no_code() {
        for typed in
            ["", " ", "-", "49302", "4930271", "49302a", "493.027", "493,027", "⁴93027", "④93027", "IV3027", "493027x"]
        {
            assert_eq!(six_digits(typed), None, "{typed:?}");
        }
        assert_eq!(six_digits(&"1".repeat(60_000)), None);
    }

    /// REG-03 the digits of all scripts that count in tens, each with its own value.
    #[test]
    fn reg_03_digits_of_every_script_have_their_value() {
        let zeros: Vec<u32> = ZEROS.chars().map(u32::from).collect();
        assert!(zeros.windows(2).all(|pair| pair[1] - pair[0] >= 10), "in order, and ten each");
        for zero in zeros {
            let typed: String =
                [4, 9, 3, 0, 2, 7].into_iter().filter_map(|value| char::from_u32(zero + value)).collect();
            assert_eq!(six_digits(&typed).as_deref(), Some("493027"), "{zero:x}");
        }
    }
}
