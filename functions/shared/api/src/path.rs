//! The paths of the API, and which methods each takes ([`ROUTES`]). Parts that come from data are written by [`part`].

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
/// Remove an address, or one whose link is on the way (POST [`crate::me::RemoveAddress`] → 204).
pub const REMOVE_ADDRESS: &str = "/api/me/addresses/remove";
/// Prove an address (POST [`crate::me::Prove`] → [`crate::me::Me`]); only in the session that asked.
pub const PROVE: &str = "/api/me/addresses/prove";
/// "This was not me" (POST [`crate::sign_in::LinkToken`] → 204); no sign-in needed.
pub const NOT_ME: &str = "/api/me/addresses/not-me";
/// My sessions (GET → [`crate::me::Sessions`]). End one: POST [`crate::me::EndSession`] → 204.
pub const SESSIONS: &str = "/api/me/sessions";
/// To which of my addresses mail does not go (GET → [`crate::me::MailTroubles`]). Lift it: POST [`crate::me::LiftMail`] → 204.
pub const MY_MAIL: &str = "/api/me/mail";
/// My licences (GET → [`crate::me::Licences`]). Query: `q`, `after`, `format=csv`.
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
/// Take an activation back (POST [`crate::activations::Which`] → the same).
pub const UNDO: &str = "/api/activations/undo";
/// Mail a new link (POST [`crate::activations::Which`] → 202 [`crate::activations::Mailed`]).
pub const RESEND: &str = "/api/activations/resend";
/// Ask for the revival of an expired link (POST [`crate::activations::Which`] → 202, the same).
pub const ASK_REVIVAL: &str = "/api/activations/ask-revival";
/// Propose or confirm a move to another account (POST [`crate::activations::Remap`] → [`crate::activations::Remapped`]).
pub const REMAP: &str = "/api/activations/remap";
/// Decline or withdraw a proposed move (POST [`crate::activations::Remap`] → [`crate::activations::Remapped`]).
pub const DECLINE_REMAP: &str = "/api/activations/decline-remap";
/// Requests to join that wait for the reader's decision (GET → [`crate::joins::Joins`]).
pub const JOINS: &str = "/api/joins";
/// Ask to join the customer's account (POST [`crate::joins::Ask`] → 202 [`crate::joins::MyRequest`]).
pub const JOIN_ASK: &str = "/api/joins/ask";
/// Take one's own request back (POST [`crate::joins::Withdraw`] → [`crate::joins::MyRequest`]).
pub const JOIN_WITHDRAW: &str = "/api/joins/withdraw";
/// What a mailed request is (POST [`crate::sign_in::LinkToken`] → [`crate::joins::JoinShown`]); no sign-in needed.
pub const JOIN_LINK: &str = "/api/joins/inspect";
/// Decide on a request (POST [`crate::joins::Decide`] → [`crate::joins::JoinShown`]); denying by a link needs no sign-in.
pub const JOIN_DECIDE: &str = "/api/joins/decide";
/// The published keys of audit seals (GET → [`crate::audit::Keys`]).
pub const AUDIT_KEYS: &str = "/api/audit/keys";
/// My own audit (GET → `Page<`[`crate::audit::Row`]`>`). Query: `q`, `after`, `format=jsonl|csv`.
pub const MY_AUDIT: &str = "/api/audit/me";
/// Load rows (POST JSON lines with a bearer token → [`crate::load::Report`]). Query: `load`, `from-row`, `dry-run`,
/// `all-or-nothing`.
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

/// The audit of a Licensing ID (GET → `Page<`[`crate::audit::Row`]`>`). Query: `q`, `after`, `format=jsonl|csv`.
pub fn audit(programme: &str, number: &str) -> String {
    format!("/api/audit/licence/{}/{}", part(programme), part(number))
}

/// The audit of an organisation account (GET → `Page<`[`crate::audit::Row`]`>`). Query: `after`, `format=jsonl|csv`.
pub fn account_audit(account: &str) -> String {
    format!("/api/audit/account/{}", part(account))
}

/// A path with the methods that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// As it is above; a part in braces stands for any one part that is not empty.
    pub path: &'static str,
    /// `GET` stands for `HEAD` as well.
    pub methods: &'static [&'static str],
}

/// All paths. `openapi.json` describes each of them, and the router in the workspace's `Cargo.toml` names its function: a
/// test holds the three together.
pub const ROUTES: &[Route] = &[
    Route { path: SIGN_IN_ASK, methods: POST },
    Route { path: SIGN_IN_LINK, methods: POST },
    Route { path: SIGN_IN, methods: POST },
    Route { path: SIGN_OUT, methods: POST },
    Route { path: SIGN_OUT_EVERYWHERE, methods: POST },
    Route { path: ME, methods: GET_AND_POST },
    Route { path: COUNTRY, methods: POST },
    Route { path: ADDRESSES, methods: POST },
    Route { path: REMOVE_ADDRESS, methods: POST },
    Route { path: PROOF_LINK, methods: POST },
    Route { path: PROVE, methods: POST },
    Route { path: NOT_ME, methods: POST },
    Route { path: SESSIONS, methods: GET_AND_POST },
    Route { path: MY_MAIL, methods: GET_AND_POST },
    Route { path: LICENCES, methods: GET },
    Route { path: LINK, methods: POST },
    Route { path: LINK_ASK, methods: POST },
    Route { path: ACTIVATIONS, methods: GET },
    Route { path: PREVIEW, methods: POST },
    Route { path: CONFIRM, methods: POST },
    Route { path: UNDO, methods: POST },
    Route { path: RESEND, methods: POST },
    Route { path: ASK_REVIVAL, methods: POST },
    Route { path: REMAP, methods: POST },
    Route { path: DECLINE_REMAP, methods: POST },
    Route { path: "/api/activations/{programme}/{number}/{product}", methods: GET },
    Route { path: "/api/where/{programme}/{number}", methods: GET },
    Route { path: JOINS, methods: GET },
    Route { path: JOIN_ASK, methods: POST },
    Route { path: JOIN_WITHDRAW, methods: POST },
    Route { path: JOIN_LINK, methods: POST },
    Route { path: JOIN_DECIDE, methods: POST },
    Route { path: AUDIT_KEYS, methods: GET },
    Route { path: MY_AUDIT, methods: GET },
    Route { path: "/api/audit/licence/{programme}/{number}", methods: GET },
    Route { path: "/api/audit/account/{id}", methods: GET },
    Route { path: LOAD, methods: POST },
    Route { path: ABOUT, methods: GET },
];

const GET: &[&str] = &["GET"];
const POST: &[&str] = &["POST"];
const GET_AND_POST: &[&str] = &["GET", "POST"];

impl Route {
    /// The route of a path; none if there is nothing there.
    pub fn of(path: &str) -> Option<&'static Self> {
        ROUTES.iter().find(|route| route.is_of(path))
    }

    fn is_of(&self, path: &str) -> bool {
        let (mut wanted, mut given) = (self.path.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(wanted), Some(given)) if wanted == given => {}
                (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
                _ => return false,
            }
        }
    }

    /// Whether it takes this method.
    pub fn takes(&self, method: &str) -> bool {
        self.methods.contains(&if method == "HEAD" { "GET" } else { method })
    }

    /// Its methods as the header `Allow` names them.
    pub fn allow(&self) -> String {
        self.methods.join(", ").replace("GET", "GET, HEAD")
    }
}

/// One part of a path. Every byte that could mean something in a path is written as `~` and two digits, not as `%` and two
/// digits: API Gateway hands a function the path with its percent signs resolved, and a slash within a number would then
/// part it in two.
pub fn part(text: &str) -> String {
    // A browser takes a part of nothing but dots for a step up.
    let dots = text.bytes().all(|byte| byte == b'.');
    escape(text, '~', if dots { b"-_" } else { b"-._" })
}

/// A part of a path as text, written by [`part`] or percent-encoded; none if it is not UTF-8 or cut short.
pub fn unpart(text: &str) -> Option<String> {
    unescape(&value_of(text)?, b'~')
}

/// A value of a query, percent-encoded.
pub fn value(text: &str) -> String {
    escape(text, '%', b"-._~")
}

/// A percent-encoded value of a query as text; none if it is not UTF-8 or cut short.
pub fn value_of(text: &str) -> Option<String> {
    unescape(text, b'%')
}

fn escape(text: &str, mark: char, plain: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push(mark);
            for digit in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    out
}

fn unescape(text: &str, mark: u8) -> Option<String> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == mark {
            bytes.push(digit(rest.next()?)? << 4 | digit(rest.next()?)?);
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
    fn parts_and_values_come_back_as_they_were() {
        for text in ["88590039", "a/b c%?#", "Ünï/✓", "~2F", "%2F", ".", "..", "a.b", "..~", ""] {
            assert_eq!(unpart(&part(text)).as_deref(), Some(text), "{text}");
            assert_eq!(value_of(&value(text)).as_deref(), Some(text), "{text}");
        }
        for bad in ["%4", "%zz", "%ff", "%+1"] {
            assert_eq!((unpart(bad), value_of(bad)), (None, None), "{bad}");
        }
        assert_eq!((unpart("~4"), unpart("~ff"), unpart("12%2F34")), (None, None, Some("12/34".into())));
    }

    /// LINK-05 a number with a slash is one part, also behind a gateway that resolves percent signs.
    #[test]
    fn link_05_a_part_holds_nothing_that_a_gateway_or_browser_changes() {
        for text in ["12/34", "a?b#c", "100%41", "..", "\\", "ä"] {
            let part = part(text);
            assert!(part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)), "{part}");
            assert!(part != "." && part != "..");
        }
        let path = activation("open-value", "12/34", "A B");
        assert_eq!(path, "/api/activations/open-value/12~2F34/A~20B");
        assert_eq!(Route::of(&path).map(|route| route.methods), Some(GET));
    }

    #[test]
    fn a_path_has_the_route_that_is_written_like_it() {
        for route in ROUTES {
            assert_eq!(Route::of(route.path), Some(route), "each path once, and not hidden by another");
        }
        assert_eq!(
            Route::of(&where_is("select", "1")).map(|route| route.path),
            Some("/api/where/{programme}/{number}")
        );
        for nothing in ["", "/", "/api", "/api/about/", "//api/about", "/api/where/select/", "/api/where/select/1/2"] {
            assert_eq!(Route::of(nothing), None, "{nothing}");
        }
        let me = Route::of(ME).expect("it is there");
        assert_eq!(me.allow(), "GET, HEAD, POST");
        assert!(me.takes("HEAD") && me.takes("POST") && !me.takes("PUT") && !me.takes("get"));
    }
}
