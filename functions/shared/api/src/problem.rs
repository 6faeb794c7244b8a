//! Problems: every error as `application/problem+json` with a stable code, the field, and what to do next (SAFE-07).

use serde::{Deserialize, Serialize};

use crate::Instant;

/// What went wrong and what helps (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:countersign:problem:CODE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// In a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: Code,
    /// The field that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What to do next.
    pub detail: String,
    /// When to try again, where that helps; also as `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub try_again_at: Option<Instant>,
    /// Tells this occurrence from others when it is reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $text:literal $status:literal $title:literal $detail:literal;)+) => {
        /// The stable codes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Code { $($(#[$doc])* #[serde(rename = $text)] $name),+ }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            /// As it is written.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$name => $text),+ } }
            /// The HTTP status.
            pub const fn status(self) -> u16 { match self { $(Self::$name => $status),+ } }
            /// In a few words.
            pub const fn title(self) -> &'static str { match self { $(Self::$name => $title),+ } }
            /// What to do next.
            pub const fn detail(self) -> &'static str { match self { $(Self::$name => $detail),+ } }
        }
    };
}

codes! {
    /// The body is no JSON of the expected shape.
    Malformed "malformed" 400 "The request can't be read" "Reload the page and try again. If a program of yours sent this, compare it with the published description of this service.";
    /// A field is missing, too long, or not of its form.
    BadField "bad-field" 422 "A field needs another look" "Correct the field that is named and send it again. Nothing was saved.";
    /// The content type is not JSON.
    WrongContentType "wrong-content-type" 415 "The request does not say what it is" "Reload the page and try again. If a program of yours sent this, compare it with the published description of this service.";
    /// The body is too large.
    TooLarge "too-large" 413 "The request is too large" "Send less at once: at most 64 kilobytes, or 4 megabytes of rows to load.";
    /// The body is something else than JSON lines.
    NotJsonLines "not-json-lines" 422 "These are no JSON lines" "Send one JSON object a line, in UTF-8. Nothing was loaded.";
    /// No such path.
    NotFound "not-found" 404 "There is nothing here" "Check the address, or start from the portal's home page.";
    /// The method is not taken here.
    WrongMethod "wrong-method" 405 "This can't be done here" "Go back and start again from the portal's home page. If a program of yours sent this, compare it with the published description of this service.";
    /// The request comes from another site.
    WrongOrigin "wrong-origin" 403 "The request comes from another site" "Open the portal in a tab of its own and do it there. Nothing was changed.";
    /// Nobody is signed in, or the session has ended.
    SignInNeeded "sign-in-needed" 401 "Please sign in" "Sign in and you come back to this place.";
    /// The person may not.
    NotAllowed "not-allowed" 403 "You can't do this" "Ask an Administrator of this licence, or use an address that is named on it: add it under My profile.";
    /// Digits are wrong.
    WrongCode "wrong-code" 422 "The code is not right" "Check the six digits in the newest mail, or use the link in it.";
    /// The code ran out, was used, or was tried too often.
    NoCode "no-code" 422 "This code can't be used any more" "Ask for a new one.";
    /// Too many wrong codes today.
    LinkOnly "link-only" 429 "Too many wrong codes today" "Ask for a new mail and use the link in it: it signs you in without a code.";
    /// The link was opened in another browser.
    TypeAddress "type-address" 422 "Please type your address" "The link was opened in another browser than the one that asked for it. Type the address that the mail went to.";
    /// A public mail provider's address.
    PublicMailProvider "public-mail-provider" 403 "A work address is needed" "This address is with a public mail provider, and no agreement, order or account names it. Sign in with your organisation's address.";
    /// Both typed addresses differ.
    AddressesDiffer "addresses-differ" 422 "The addresses are not the same" "Type the same address in both fields.";
    /// Held by another profile (E06).
    AddressTaken "address-taken" 409 "Another profile holds this address" "Sign in to the profile that is named, or remove the address there first.";
    /// Too many addresses.
    TooManyAddresses "too-many-addresses" 409 "No more addresses can be added" "Remove one that you no longer use.";
    /// The last proven address.
    LastAddress "last-address" 409 "Your last address can't be removed" "You sign in by it. Add and prove another one first.";
    /// The country was confirmed before.
    CountryConfirmed "country-confirmed" 409 "The country is confirmed already" "It can't be changed by yourself. Write to support, and give the reason.";
    /// The link was cut short, added to or made up.
    BadLink "bad-link" 404 "This link is not complete" "Copy the whole address from the mail, or open the portal: what you can activate is listed there.";
    /// The link ended.
    LinkExpired "link-expired" 410 "This link has ended" "Its addressee or an Administrator can sign in and ask for it to be revived; an operator decides.";
    /// A newer link was mailed.
    LinkReplaced "link-replaced" 410 "A newer link was mailed" "Use the newest mail, or sign in and activate from the portal.";
    /// It is addressed to another person.
    WrongPerson "wrong-person" 403 "This is addressed to another person" "Switch to the account of the address that the mail went to, or ask that person or an Administrator to go on.";
    /// The link completes only in the session that asked for it.
    OtherSession "other-session" 403 "Another session asked for this" "You have signed in again since, or asked in another browser. Ask for a new mail here, under My profile, or use it where you asked.";
    /// It was activated by somebody else.
    AlreadyActivated "already-activated" 409 "It is activated already" "Open the portal to see on which account.";
    /// There is nothing that can be activated.
    NotInvited "not-invited" 409 "It can't be activated yet" "Open \"Where is my activation?\" to see what it waits for.";
    /// The account can't be chosen.
    AccountNotYours "account-not-yours" 403 "You don't administer this account" "Choose one that you administer, or ask one of its global administrators.";
    /// There is no such account.
    NoSuchAccount "no-such-account" 404 "There is no such account" "Choose one from the list.";
    /// Nobody would decide on a request to join.
    NobodyDecides "nobody-decides" 409 "None of this account's administrators can be reached by mail" "So nobody would decide. Put it on this account without administering it, or on another one, or write to support.";
    /// The person administers the account.
    AlreadyAdministered "already-administered" 409 "You administer this account already" "Load the page anew: you can choose it like your other accounts.";
    /// Deciding on one's own request.
    OwnRequest "own-request" 403 "Nobody decides their own request" "Another global administrator of the account decides. You can withdraw it where you asked.";
    /// Granting by a link alone.
    SignInToGrant "sign-in-to-grant" 403 "Sign in to let somebody join" "Sign in as a global administrator of the account. Denying works without.";
    /// The asker no longer has the address.
    AskerGone "asker-gone" 409 "The person no longer has this address" "Whoever has it now would join. Deny the request; the person can ask again by an address that is theirs.";
    /// The time for undo is over.
    TooLateToUndo "too-late-to-undo" 409 "It can't be taken back any more" "Move it to another account instead; the administrators of both agree to that.";
    /// Not activated.
    NotActivated "not-activated" 409 "It is not activated" "There is nothing to take back or to move.";
    /// It has not ended.
    NotExpired "not-expired" 409 "The link has not ended" "Use it, or ask for a new mail.";
    /// The other side has to agree.
    NeedsOtherSide "needs-other-side" 409 "The other account's administrator has to agree" "It is proposed already: the other side, or for operators a second one, confirms.";
    /// Another move is proposed.
    MoveWaits "move-waits" 409 "Another move is already proposed" "Only one move can be proposed at a time. This one ends at the time that is given, or when one of the two accounts declines it.";
    /// No such move is proposed.
    NothingProposed "nothing-proposed" 409 "This move is no longer proposed" "It was declined, made, or its time is over. Reload the page to see how things stand.";
    /// Moved to where it is.
    SameAccount "same-account" 409 "It is on that account already" "Choose another account.";
    /// Over a limit.
    TooOften "too-often" 429 "That was too often" "Try again at the time that is given.";
    /// The same idempotency key with other content.
    KeyReused "key-reused" 409 "This was changed in the meantime" "Reload the page, check what it says now, and try again. Nothing was changed by this request.";
    /// Somebody wrote at the same time, again and again.
    Busy "busy" 503 "Others are changing this right now" "Try again in a moment. Nothing was changed.";
    /// The database or mail service does not answer.
    Unavailable "unavailable" 503 "The service is not reachable right now" "Try again in a moment; what was saved is not lost.";
    /// More than fits into one answer.
    AnswerTooLarge "answer-too-large" 500 "The answer is too large to be sent" "Ask for less at once: one activation instead of a whole Licensing ID, or fewer rows. If that does not help, write to support and give the case reference.";
    /// Our fault.
    Internal "internal" 500 "Something went wrong on our side" "Try again. If it stays, write to support and give the case reference.";
}

impl Problem {
    /// A problem of this code, with its usual text.
    pub fn new(code: Code) -> Self {
        Self {
            kind: format!("urn:countersign:problem:{}", code.as_str()),
            title: code.title().into(),
            status: code.status(),
            code,
            field: None,
            detail: code.detail().into(),
            try_again_at: None,
            case: None,
        }
    }

    /// About this field.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// With another text of what to do.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// To be tried again then.
    #[must_use]
    pub fn try_again_at(mut self, at: licensing::Timestamp) -> Self {
        self.try_again_at = Some(at.into());
        self
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}
