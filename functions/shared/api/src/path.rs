//! The paths of the API. Parts that come from data are percent-encoded by [`part`].

/// Ask for a sign-in code (POST [`crate::sign_in::Ask`] → [`crate::sign_in::Asked`]).
pub const SIGN_IN_ASK: &str = "/api/sign-in/ask";
/// What a mailed sign-in link is for (POST [`crate::sign_in::LinkToken`] → [`crate::sign_in::LinkShown`]).
pub const SIGN_IN_LINK: &str = "/api/sign-in/link";
/// Sign in with a code or link (POST [`crate::sign_in::SignIn`] → [`crate::me::Me`]).
pub const SIGN_IN: &str = "/api/sign-in";
/// Sign out here (POST, no body → 204).
pub const SIGN_OUT: &str = "/api/sign-out";
/// Sign out everywhere (POST, no body → 204).
pub const SIGN_OUT_EVERYWHERE: &str = "/api/sign-out-everywhere";
/// Who is signed in (GET → [`crate::me::Me`]; 401 `sign-in-needed` otherwise). Also POST [`crate::me::Profile`].
pub const ME: &str = "/api/me";
/// Confirm the country once (POST [`crate::me::ConfirmCountry`] → [`crate::me::Me`]).
pub const COUNTRY: &str = "/api/me/country";
/// Add an address (POST [`crate::me::AddAddress`] → 202 [`crate::me::ProofMailed`]).
pub const ADDRESSES: &str = "/api/me/addresses";
/// What a proof link is for (POST [`crate::sign_in::LinkToken`] → [`crate::me::ProofShown`]); no sign-in needed.
pub const PROOF_LINK: &str = "/api/me/addresses/link";
/// Prove an address (POST [`crate::sign_in::LinkToken`] → [`crate::me::Me`]); only in the session that asked.
pub const PROVE: &str = "/api/me/addresses/prove";
/// "This was not me" (POST [`crate::sign_in::LinkToken`] → 204); no sign-in needed.
pub const NOT_ME: &str = "/api/me/addresses/not-me";
/// My sessions (GET → [`crate::me::Sessions`]). End one: POST [`crate::me::EndSession`] → 204.
pub const SESSIONS: &str = "/api/me/sessions";
/// My licences (GET → [`crate::me::Licences`]).
pub const LICENCES: &str = "/api/me/licences";
/// What an activation link is for (POST [`crate::sign_in::LinkToken`] → [`crate::activations::LinkShown`]); no sign-in.
pub const LINK: &str = "/api/links/inspect";
/// Mail the same link again (POST [`crate::sign_in::LinkToken`] → 202 [`crate::activations::Mailed`]); no sign-in.
pub const LINK_ASK: &str = "/api/links/ask";
/// Manage activations (GET → `Page<`[`crate::activations::Row`]`>`). Query: `state`, `q`, `after`, `format=csv`.
pub const ACTIVATIONS: &str = "/api/activations";
/// What a confirmation would do (POST [`crate::activations::Preview`] → [`crate::activations::Previewed`]).
pub const PREVIEW: &str = "/api/activations/preview";
/// Activate (POST [`crate::activations::Confirm`] with `Idempotency-Key` → [`crate::activations::Confirmed`]).
pub const CONFIRM: &str = "/api/activations/confirm";
/// Take an activation back (POST [`crate::activations::Which`] → [`crate::activations::Activation`]).
pub const UNDO: &str = "/api/activations/undo";
/// Mail a new link (POST [`crate::activations::Which`] → 202 [`crate::activations::Mailed`]).
pub const RESEND: &str = "/api/activations/resend";
/// Ask for the revival of an expired link (POST [`crate::activations::Which`] → 202 no body).
pub const ASK_REVIVAL: &str = "/api/activations/ask-revival";
/// Propose or confirm a move to another account (POST [`crate::activations::Remap`] → [`crate::activations::Activation`]).
pub const REMAP: &str = "/api/activations/remap";
/// The published keys of audit seals (GET → [`crate::audit::Keys`]).
pub const AUDIT_KEYS: &str = "/api/audit/keys";
/// My own audit (GET → `Page<`[`crate::audit::Row`]`>`). Query: `after`, `format=jsonl|csv`.
pub const MY_AUDIT: &str = "/api/audit/me";
/// Load rows (POST JSON lines with a bearer token → [`crate::load::Report`]). Query: `load`, `from-row`, `dry-run`, `last`.
pub const LOAD: &str = "/api/load";
/// Who publishes, and the numbers that pages name (GET → [`crate::me::About`]).
pub const ABOUT: &str = "/api/about";

/// One activation (GET → [`crate::activations::Activation`]).
pub fn activation(programme: &str, number: &str, product: &str) -> String {
    format!("/api/activations/{}/{}/{}", part(programme), part(number), part(product))
}

/// Where is my activation? (GET → [`crate::activations::Where`]).
pub fn where_is(programme: &str, number: &str) -> String {
    format!("/api/where/{}/{}", part(programme), part(number))
}

/// The audit of a Licensing ID (GET → `Page<`[`crate::audit::Row`]`>`). Query: `after`, `format=jsonl|csv`.
pub fn audit(programme: &str, number: &str) -> String {
    format!("/api/audit/licence/{}/{}", part(programme), part(number))
}

/// One part of a path, percent-encoded.
pub fn part(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    out
}

/// A percent-encoded part as text; none if it is not UTF-8 or cut short.
pub fn unpart(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back_as_they_were() {
        for text in ["88590039", "a/b c%?#", "Ünï/✓", ""] {
            assert_eq!(unpart(&part(text)).as_deref(), Some(text));
        }
        assert_eq!(unpart("%4"), None);
        assert_eq!(unpart("%zz"), None);
        assert_eq!(unpart("%ff"), None);
    }
}
