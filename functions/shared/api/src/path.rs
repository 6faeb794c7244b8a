//! The paths of the API, each declared once ([`ROUTES`]): which function answers it, and for each method who may ask, what it
//! takes and what it answers. Parts that come from data are written by [`part`].

/// Who may ask for something: all that is known before rules look at what is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody.
    Anyone,
    /// Whoever holds a mailed link: its token is the body.
    Link,
    /// Whoever holds a mailed link, or is signed in.
    LinkOrPerson,
    /// Whoever is signed in: it is about themselves, and what they may see.
    Person,
    /// Whoever is signed in and has a right to what they name. Anybody else learns nothing, not even whether it is there.
    Entitled,
    /// Whoever holds a token of a scope that operators minted.
    Token,
}

/// What one method of a path does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// `GET` stands for `HEAD` as well.
    pub method: &'static str,
    /// Who may ask.
    pub who: Who,
    /// The request's body, as `openapi.json` names its schema; `rows`: JSON lines; empty: none.
    pub takes: &'static str,
    /// The status where all went well.
    pub status: u16,
    /// The answer's body, named likewise; empty: none.
    pub answers: &'static str,
}

/// A path with all that is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The name of its constant.
    pub name: &'static str,
    /// A part in braces stands for any one part that is not empty.
    pub path: &'static str,
    /// The function that answers it.
    pub function: &'static str,
    /// What can be done there.
    pub operations: &'static [Operation],
}

/// Declares each path once: its constant, its function, and its operations. [`ROUTES`] is all of them.
macro_rules! routes {
    ($(
        $(#[$doc:meta])*
        $name:ident = $path:literal, $function:literal:
            $($method:ident $who:ident $takes:literal -> $status:literal $answers:literal),+;
    )*) => {
        $($(#[$doc])* pub const $name: &str = $path;)*

        /// All paths. `gateway::front` and the portal on one machine go by it; `openapi.json`, which also says each
        /// operation's problems, the router in the workspace's `Cargo.toml`, `infra/template.yaml` and the pages' client are
        /// held to it by tests that say what is missing, and who may ask by one that tries.
        pub const ROUTES: &[Route] = &[$(Route {
            name: stringify!($name),
            path: $name,
            function: $function,
            operations: &[$(Operation {
                method: stringify!($method),
                who: Who::$who,
                takes: $takes,
                status: $status,
                answers: $answers,
            }),+],
        }),*];
    };
}

routes! {
    /// Ask for a sign-in code.
    SIGN_IN_ASK = "/api/sign-in/ask", "register": POST Anyone "Ask" -> 200 "Asked";
    /// What a mailed sign-in link is for.
    SIGN_IN_LINK = "/api/sign-in/link", "register": POST Link "LinkToken" -> 200 "SignInLinkShown";
    /// Sign in with a code or link.
    SIGN_IN = "/api/sign-in", "register": POST Anyone "SignIn" -> 200 "Me";
    /// Sign out here.
    SIGN_OUT = "/api/sign-out", "register": POST Anyone "" -> 204 "";
    /// Sign out everywhere.
    SIGN_OUT_EVERYWHERE = "/api/sign-out-everywhere", "register": POST Person "" -> 204 "";
    /// Who is signed in.
    ME = "/api/me", "register": GET Person "" -> 200 "Me", POST Person "Profile" -> 200 "Me";
    /// Confirm the country once.
    COUNTRY = "/api/me/country", "register": POST Person "ConfirmCountry" -> 200 "Me";
    /// Add an address.
    ADDRESSES = "/api/me/addresses", "register": POST Person "AddAddress" -> 202 "ProofMailed";
    /// Remove an address, one whose link is on the way, or one that was asked for.
    REMOVE_ADDRESS = "/api/me/addresses/remove", "register": POST Person "RemoveAddress" -> 204 "";
    /// What a proof link is for.
    PROOF_LINK = "/api/me/addresses/link", "register": POST LinkOrPerson "LinkToken" -> 200 "ProofShown";
    /// Prove an address; only in the session that asked.
    PROVE = "/api/me/addresses/prove", "register": POST Person "Prove" -> 200 "Me";
    /// Ask to move an address here that another profile holds; only with the proof of its mailbox.
    MOVE_ADDRESS = "/api/me/addresses/move", "register": POST Person "Prove" -> 200 "Me";
    /// Take an address that was asked for, after its holder's notice.
    TAKE_ADDRESS = "/api/me/addresses/take", "register": POST Person "TakeAddress" -> 200 "Me";
    /// "This was not me".
    NOT_ME = "/api/me/addresses/not-me", "register": POST Link "LinkToken" -> 204 "";
    /// My sessions. End one.
    SESSIONS = "/api/me/sessions", "register": GET Person "" -> 200 "Sessions", POST Person "EndSession" -> 204 "";
    /// To which of my addresses mail does not go. Lift it.
    MY_MAIL = "/api/me/mail", "register": GET Person "" -> 200 "MailTroubles", POST Person "LiftMail" -> 204 "";
    /// My licences. Query: `q`, `programme`, `state`, `below` (a Licensing ID: only what stands directly below it), `after`,
    /// `format=csv`.
    LICENCES = "/api/me/licences", "show-portal": GET Person "" -> 200 "Licences";
    /// What there is, at a glance: counts, seats, and what ends first.
    OVERVIEW = "/api/me/overview", "show-portal": GET Person "" -> 200 "Overview";
    /// One licence, with what stands above and below it. [`licence`] writes its path.
    LICENCE = "/api/licences/{programme}/{number}", "show-portal": GET Entitled "" -> 200 "LicenceShown";
    /// Its people, for its Administrators. Query: `q`, `role`, `state`, `after`, `format=csv`. [`licence_people`] writes its
    /// path.
    LICENCE_PEOPLE = "/api/licences/{programme}/{number}/people", "show-portal": GET Entitled "" -> 200 "People";
    /// What an activation link is for.
    LINK = "/api/links/inspect", "activate": POST Link "LinkToken" -> 200 "LinkShown";
    /// Mail the same link again.
    LINK_ASK = "/api/links/ask", "send-activation": POST Link "LinkToken" -> 202 "Mailed";
    /// Manage activations. Query: `state`, `q`, `after`, `format=csv`.
    ACTIVATIONS = "/api/activations", "show-portal": GET Person "" -> 200 "ActivationsPage";
    /// What a confirmation would do.
    PREVIEW = "/api/activations/preview", "activate": POST Entitled "Preview" -> 200 "Previewed";
    /// Activate.
    CONFIRM = "/api/activations/confirm", "activate": POST Entitled "Confirm" -> 200 "Confirmed";
    /// Take an activation back.
    UNDO = "/api/activations/undo", "activate": POST Entitled "Which" -> 200 "Which";
    /// Mail a new link.
    RESEND = "/api/activations/resend", "send-activation": POST Entitled "Which" -> 202 "Mailed";
    /// Ask for the revival of an expired link.
    ASK_REVIVAL = "/api/activations/ask-revival", "activate": POST Entitled "Which" -> 202 "Which";
    /// Propose or confirm a move to another account.
    REMAP = "/api/activations/remap", "activate": POST Entitled "Remap" -> 200 "Remapped";
    /// Decline or withdraw a proposed move.
    DECLINE_REMAP = "/api/activations/decline-remap", "activate": POST Entitled "Remap" -> 200 "Remapped";
    /// One activation; [`activation`] writes its path.
    ACTIVATION = "/api/activations/{programme}/{number}/{product}", "show-portal": GET Entitled "" -> 200 "Activation";
    /// Where is my activation? [`where_is`] writes its path.
    WHERE_IS = "/api/where/{programme}/{number}", "show-portal": GET Entitled "" -> 200 "Where";
    /// Requests to join that wait for the reader's decision.
    JOINS = "/api/joins", "show-portal": GET Person "" -> 200 "Joins";
    /// Ask to join the customer's account.
    JOIN_ASK = "/api/joins/ask", "join-account": POST Entitled "AskToJoin" -> 202 "MyRequest";
    /// Take one's own request back.
    JOIN_WITHDRAW = "/api/joins/withdraw", "join-account": POST Entitled "Withdraw" -> 200 "MyRequest";
    /// What a mailed request is.
    JOIN_LINK = "/api/joins/inspect", "join-account": POST Link "LinkToken" -> 200 "JoinShown";
    /// Decide on a request.
    JOIN_DECIDE = "/api/joins/decide", "join-account": POST LinkOrPerson "Decide" -> 200 "JoinShown";
    /// My requests for permission.
    REQUESTS = "/api/requests", "show-portal": GET Person "" -> 200 "MyRequests";
    /// Ask for permission on a Licensing ID.
    REQUEST_ASK = "/api/requests/ask", "request-permission": POST Person "AskPermission" -> 202 "PermissionRequest";
    /// Take one's own request back.
    REQUEST_WITHDRAW = "/api/requests/withdraw", "request-permission": POST Person "OnLicence" -> 200 "PermissionRequest";
    /// Have those who decide reminded, once.
    REQUEST_REMIND = "/api/requests/remind", "request-permission": POST Person "OnLicence" -> 202 "PermissionRequest";
    /// Give a Licensing ID up.
    GIVE_UP = "/api/me/licences/give-up", "request-permission": POST Person "GiveUp" -> 200 "GivenUp";
    /// Requests that wait for the reader's decision. Query: `after`.
    APPROVALS = "/api/approvals", "show-portal": GET Person "" -> 200 "Approvals";
    /// What a request is: from a mailed link, or from the inbox.
    APPROVAL_INSPECT = "/api/approvals/inspect", "approve": POST LinkOrPerson "InspectRequest" -> 200 "RequestShown";
    /// Decide on a request.
    APPROVAL_DECIDE = "/api/approvals/decide", "approve": POST LinkOrPerson "DecideRequest" -> 200 "RequestShown";
    /// What a change of somebody's rights would do.
    PERSON_PREVIEW = "/api/people/preview", "manage-users": POST Entitled "ChangePerson" -> 200 "PersonOutcome";
    /// Change somebody's rights: assign, edit, remove, deny, undo.
    PERSON_CHANGE = "/api/people/change", "manage-users": POST Entitled "ChangePerson" -> 200 "PersonOutcome";
    /// Send an invitation again.
    PERSON_INVITE = "/api/people/invite", "manage-users": POST Entitled "InviteAgain" -> 202 "PersonOutcome";
    /// Who may do what on a Licensing ID, and why. Query: `address`, for Administrators. [`access`] writes its path.
    ACCESS = "/api/access/{programme}/{number}", "show-portal": GET Entitled "" -> 200 "AccessShown";
    /// The published keys of audit seals.
    AUDIT_KEYS = "/api/audit/keys", "show-portal": GET Anyone "" -> 200 "AuditKeys";
    /// My own audit. Query: `q`, `after`, `format=jsonl|csv`.
    MY_AUDIT = "/api/audit/me", "show-portal": GET Person "" -> 200 "AuditPage";
    /// The audit of a Licensing ID. Query: `q`, `after`, `format=jsonl|csv`. [`audit`] writes its path.
    AUDIT = "/api/audit/licence/{programme}/{number}", "show-portal": GET Entitled "" -> 200 "AuditPage";
    /// The audit of an organisation account. Query: `after`, `format=jsonl|csv`. [`account_audit`] writes its path.
    ACCOUNT_AUDIT = "/api/audit/account/{id}", "show-portal": GET Entitled "" -> 200 "AuditPage";
    /// Load rows. Query: `load`, `from-row`, `dry-run`,
    /// `all-or-nothing`.
    LOAD = "/api/load", "load-orders": POST Token "rows" -> 200 "LoadReport";
    /// Who publishes, and the numbers that pages name.
    ABOUT = "/api/about", "show-portal": GET Anyone "" -> 200 "About";
}

/// One activation.
pub fn activation(programme: &str, number: &str, product: &str) -> String {
    format!("/api/activations/{}/{}/{}", part(programme), part(number), part(product))
}

/// Where is my activation.
pub fn where_is(programme: &str, number: &str) -> String {
    format!("/api/where/{}/{}", part(programme), part(number))
}

/// The audit of a Licensing ID.
pub fn audit(programme: &str, number: &str) -> String {
    format!("/api/audit/licence/{}/{}", part(programme), part(number))
}

/// Who may do what on a Licensing ID.
pub fn access(programme: &str, number: &str) -> String {
    format!("/api/access/{}/{}", part(programme), part(number))
}

/// One licence.
pub fn licence(programme: &str, number: &str) -> String {
    format!("/api/licences/{}/{}", part(programme), part(number))
}

/// The people of a licence.
pub fn licence_people(programme: &str, number: &str) -> String {
    licence(programme, number) + "/people"
}

/// The audit of an organisation account.
pub fn account_audit(account: &str) -> String {
    format!("/api/audit/account/{}", part(account))
}

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

    /// Its methods.
    pub fn methods(&self) -> Vec<&'static str> {
        self.operations.iter().map(|operation| operation.method).collect()
    }

    /// Whether it takes this method.
    pub fn takes(&self, method: &str) -> bool {
        let method = if method == "HEAD" { "GET" } else { method };
        self.operations.iter().any(|operation| operation.method == method)
    }

    /// Its methods as the header `Allow` names them.
    pub fn allow(&self) -> String {
        self.methods().join(", ").replace("GET", "GET, HEAD")
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
        assert_eq!(Route::of(&path).map(Route::methods), Some(vec!["GET"]));
    }

    #[test]
    fn a_path_has_the_route_that_is_written_like_it() {
        for route in ROUTES {
            assert_eq!(Route::of(route.path), Some(route), "each path once, and not hidden by another");
        }
        assert_eq!(Route::of(&where_is("select", "1")).map(|route| route.path), Some(WHERE_IS));
        for nothing in ["", "/", "/api", "/api/about/", "//api/about", "/api/where/select/", "/api/where/select/1/2"] {
            assert_eq!(Route::of(nothing), None, "{nothing}");
        }
        let me = Route::of(ME).expect("it is there");
        assert_eq!(me.allow(), "GET, HEAD, POST");
        assert!(me.takes("HEAD") && me.takes("POST") && !me.takes("PUT") && !me.takes("get"));
    }
}
