//! Names made into one key, so that different names never make the same one.

use crate::seal::short_name;

/// Names as one text, parted by `|`. Where one but the last holds that itself, the text would be that of other names as well:
/// `1|A` and `B` are not `1` and `A|B`. Then it is a hash, in which none stands.
pub(crate) fn joined(parts: &[&str]) -> String {
    let is_clear = parts.split_last().is_none_or(|(_, before)| !before.iter().any(|part| part.contains('|')));
    if is_clear { parts.join("|") } else { hashed(parts) }
}

/// Names as one hash.
pub(crate) fn hashed(parts: &[&str]) -> String {
    let all = parts.iter().fold(String::new(), |all, part| all + &part.len().to_string() + ":" + part);
    short_name(&all)
}
