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
    Malformed "malformed" 400 "We can't read this request" "Reload the page and try again. If your own program sent this, compare it with our published API description.";
    /// A field is missing, too long, or not of its form.
    BadField "bad-field" 422 "One field is not right" "Correct the field that is named and send it again. We saved nothing.";
    /// The content type is not JSON.
    WrongContentType "wrong-content-type" 415 "The request does not say what it is" "Reload the page and try again. If your own program sent this, compare it with our published API description.";
    /// The body is too large.
    TooLarge "too-large" 413 "The request is too large" "Send less at once: at most 64 kilobytes, or 4 megabytes of rows to load.";
    /// The body is something else than JSON lines.
    NotJsonLines "not-json-lines" 422 "These are not JSON lines" "Send one JSON object a line, in UTF-8. We loaded nothing.";
    /// No such path.
    NotFound "not-found" 404 "This page does not exist" "Check the address, or start from the portal's home page.";
    /// The method is not taken here.
    WrongMethod "wrong-method" 405 "You can't do this here" "Start again from the portal's home page. If your own program sent this, compare it with our published API description.";
    /// The request comes from another site.
    WrongOrigin "wrong-origin" 403 "The request comes from another site" "Open the portal in a separate tab and do it there. We changed nothing.";
    /// Nobody is signed in, or the session has ended.
    SignInNeeded "sign-in-needed" 401 "Please sign in" "After you sign in, you come back to this page.";
    /// The person may not.
    NotAllowed "not-allowed" 403 "You can't do this" "Ask an Administrator of this licence. Or use an address that the agreement names: add it under My profile, or confirm it again there.";
    /// The release before would not heed what is asked (OPS-06).
    UpdateUnderWay "update-under-way" 409 "This works again once the portal's update is complete" "We are updating the portal, and until that is complete nobody can give anything up. Try again tomorrow. We changed nothing.";
    /// Digits are wrong.
    WrongCode "wrong-code" 422 "The code is not right" "Check the six digits in the newest email, or use the link in it.";
    /// The code ran out, was used, or was tried too often.
    NoCode "no-code" 422 "You can't use this code any more" "Ask for a new one.";
    /// Too many wrong codes today.
    LinkOnly "link-only" 429 "Too many wrong codes today" "Open the link in the newest email that you have. It signs you in without a code.";
    /// The link was opened in another browser.
    TypeAddress "type-address" 422 "Please type your address" "You opened the link in another browser than the one in which you asked. Type the address that the email went to.";
    /// A public mail provider's address.
    PublicMailProvider "public-mail-provider" 403 "Use a work address" "This address is at a public email provider, and no agreement, order or account names it. Sign in with your organisation's address.";
    /// Both typed addresses differ.
    AddressesDiffer "addresses-differ" 422 "The addresses are not the same" "Type the same address in both fields.";
    /// Held by another profile (E06).
    AddressTaken "address-taken" 409 "Another profile has this address" "Sign in to that profile, remove the address there, or ask to move it to yours.";
    /// Somebody asked for a move already (REG-09).
    AddressMoves "address-moves" 409 "Someone has already asked to move this address" "Only one move can wait. It ends when the address moves, stays, or the time is over.";
    /// The notice runs.
    TooEarlyToTake "too-early-to-take" 409 "You can't move this address yet" "Until then, the other profile can still keep it.";
    /// No move that could be made.
    NothingToTake "nothing-to-take" 409 "You can't move this address any more" "The other profile has confirmed it again, or the time is over. To ask again, add the address.";
    /// Whoever reads the mailbox said that they had not asked.
    AddressRefused "address-refused" 409 "We can't email this address for you" "Someone who reads its mailbox told us that this was not them. If it is your address, sign in with it instead.";
    /// Too many addresses.
    TooManyAddresses "too-many-addresses" 409 "You can't add more addresses" "Remove one that you no longer use.";
    /// The last proven address.
    LastAddress "last-address" 409 "You can't remove your last address" "You sign in with it. Add and confirm another one first.";
    /// The country was confirmed before.
    CountryConfirmed "country-confirmed" 409 "You have already confirmed the country" "You can't change it yourself. Write to support, and give the reason.";
    /// The link was cut short, added to or made up.
    BadLink "bad-link" 404 "This link is not complete" "Copy the whole address from the email. Or open the portal, which lists what you can activate.";
    /// The link ended.
    LinkExpired "link-expired" 410 "This link has expired" "Its recipient or an Administrator can sign in and ask for a new one. Support decides.";
    /// A newer link was mailed.
    LinkReplaced "link-replaced" 410 "We sent a newer link" "Use the newest email, or sign in and activate in the portal.";
    /// It is addressed to another person.
    WrongPerson "wrong-person" 403 "This is for another person" "Switch to the account of the address that the email went to. Or ask that person or an Administrator.";
    /// The link completes only in the session that asked for it.
    OtherSession "other-session" 403 "You asked in another session" "You have signed in again since, or asked in another browser. Ask for a new email here, under My profile. Or use it where you asked.";
    /// It was activated by somebody else.
    AlreadyActivated "already-activated" 409 "It is already activated" "Open the portal to see which account has it.";
    /// There is nothing that can be activated.
    NotInvited "not-invited" 409 "You can't activate it yet" "Open \"Where is my activation?\" to see what it waits for.";
    /// The account can't be chosen.
    AccountNotYours "account-not-yours" 403 "You don't administer this account" "Choose one that you administer, or ask one of its global administrators.";
    /// There is no such account.
    NoSuchAccount "no-such-account" 404 "There is no such account" "Choose one from the list.";
    /// Nobody would decide on a request to join.
    NobodyDecides "nobody-decides" 409 "We can't reach any of this account's administrators by email" "So nobody would decide. Choose the account without administering it, choose another one, or write to support.";
    /// The person administers the account.
    AlreadyAdministered "already-administered" 409 "You already administer this account" "Reload the page. Then you can choose it like your other accounts.";
    /// Deciding on one's own request.
    OwnRequest "own-request" 403 "You can't decide your own request" "Another administrator decides. You can withdraw it where you asked.";
    /// Granting by a link alone.
    SignInToGrant "sign-in-to-grant" 403 "Sign in to let someone join" "Sign in as a global administrator of the account. You can deny the request without signing in.";
    /// The asker no longer has the address.
    AskerGone "asker-gone" 409 "The person no longer has this address" "If you agreed, whoever has the address now would join. Deny the request. The person can ask again with an address of their own.";
    /// A role that agreements of the programme don't have, or none at all.
    NoSuchRole "no-such-role" 422 "Choose a role" "Choose at least one role that agreements of this programme have.";
    /// All that was asked for is there already.
    HasAllRoles "has-all-roles" 409 "You already have all of this" "Open My permissions to see what you can do, and why.";
    /// The person has too many pending requests.
    TooManyRequests "too-many-requests" 409 "Too many of your requests wait" "Wait until some are decided, or withdraw those that you no longer need.";
    /// The request changed since it was shown.
    RequestChanged "request-changed" 409 "The request has changed" "The person has asked for something else since. Look at the new request, then decide.";
    /// It was decided, withdrawn, or has ended.
    RequestOver "request-over" 409 "This request has ended" "Reload the page to see what became of it.";
    /// More than was asked for.
    NotAskedFor "not-asked-for" 422 "Nobody asked for this" "Grant what the request names, or a part of it. You can't grant more.";
    /// No more people can act on the Licensing ID.
    RosterFull "roster-full" 409 "This licence has too many administrators" "It has as many Administrators and managers as it can have. Have one give it up first.";
    /// A link alone grants nothing.
    SignInToApprove "sign-in-to-approve" 403 "Sign in to approve" "Sign in as an Administrator of the licence. You can deny the request without signing in.";
    /// It is too early to have others reminded.
    TooEarlyToRemind "too-early-to-remind" 409 "It is too early for a reminder" "Those who decide need some time. The page says from when on you can ask.";
    /// Who decides was reminded already.
    AlreadyReminded "already-reminded" 409 "You have already sent a reminder" "You can do this once for a request. The page says what happens next.";
    /// Notices and primary contacts stay.
    MustStay "must-stay" 409 "You can't give this up" "You are the primary or notices contact of this agreement, or of one above. Ask for that to be changed first.";
    /// The last Administrator stays.
    LastAdministrator "last-administrator" 409 "You are the last Administrator" "Make someone else Administrator first. Otherwise nobody could decide here.";
    /// Nobody changes their own roles (PERM-02, ROLE-09).
    OwnRights "own-rights" 403 "You can't change your own roles" "Ask another Administrator. To give up the whole licence, open My permissions.";
    /// It would last longer than who gives it (ROLE-09).
    BeyondYours "beyond-yours" 409 "This would last longer than your own role" "Ask an Administrator without an end date to do it.";
    /// The address has nothing there.
    HoldsNothing "holds-nothing" 409 "This address has nothing here" "Check the address. The list shows who has something on this licence.";
    /// There is nothing to undo.
    NothingToUndo "nothing-to-undo" 409 "There is nothing to undo" "Reload the page to see what is true now.";
    /// Somebody changed it since it was shown.
    ChangedSince "changed-since" 409 "Someone has changed this since" "Look at what the person has now, and decide again.";
    /// There is nobody to be invited.
    AlreadyRegistered "already-registered" 409 "The person has registered" "They can sign in. There is nothing to send.";
    /// Email to the address fails.
    MailFails "mail-fails" 409 "Email to this address fails" "If it is mistyped, remove it and assign the right one. If it is right, have email to it tried again.";
    /// The time for undo is over.
    TooLateToUndo "too-late-to-undo" 409 "You can't undo this any more" "Move it to another account instead. The administrators of both accounts must agree.";
    /// Not activated.
    NotActivated "not-activated" 409 "It is not activated" "There is nothing to undo or to move.";
    /// It has not ended.
    NotExpired "not-expired" 409 "The link has not expired" "Use it, or ask for a new email.";
    /// The other side has to agree.
    NeedsOtherSide "needs-other-side" 409 "The other account's administrator must agree" "It is already proposed. The other side confirms, or for operators a second one.";
    /// Another move is proposed.
    MoveWaits "move-waits" 409 "Someone already proposed another move" "Only one move can be proposed at a time. This one ends by itself, or when one of the accounts declines it.";
    /// No such move is proposed.
    NothingProposed "nothing-proposed" 409 "Nobody proposes this move any more" "Someone declined it, it happened, or it expired. Reload the page to see the current state.";
    /// Moved to where it is.
    SameAccount "same-account" 409 "It is already on that account" "Choose another account.";
    /// Over a limit.
    TooOften "too-often" 429 "Too many requests" "There is a limit to how often this can be done. We changed nothing.";
    /// The same idempotency key with other content.
    KeyReused "key-reused" 409 "Something has changed in the meantime" "Reload the page, check what it says now, and try again. This request changed nothing.";
    /// Somebody wrote at the same time, again and again.
    Busy "busy" 503 "Others are changing this right now" "Try again in a moment. We changed nothing.";
    /// The database or mail service does not answer.
    Unavailable "unavailable" 503 "The service is not available right now" "Try again in a moment. What you saved is not lost.";
    /// More than fits into one answer.
    AnswerTooLarge "answer-too-large" 500 "The answer is too large to send" "Ask for less: one activation instead of a whole Licensing ID, or fewer rows. If that does not help, write to support and give the case reference.";
    /// Our fault.
    Internal "internal" 500 "Something went wrong on our side" "Try again. If it keeps happening, write to support and give the case reference.";
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

#[cfg(test)]
mod tests {
    use super::*;

    /// SAFE-07 what a problem says is read once: no sentence has more than 20 words, and none of its titles is said twice.
    #[test]
    fn safe_07_problems_are_said_in_short_sentences() {
        let mut titles = std::collections::BTreeSet::new();
        for code in Code::ALL {
            for text in [code.title(), code.detail()] {
                for sentence in text.split_inclusive(['.', '!', '?']) {
                    let words = sentence.split_whitespace().count();
                    assert!(words <= 20, "{code:?} has a sentence of {words} words: {sentence}");
                }
            }
            assert!(titles.insert(code.title()), "{code:?} has the title of another one");
            // Pages say the time themselves, where there is one.
            assert!(!code.detail().contains("time shown"), "{code:?} says twice when to try again");
        }
    }
}
