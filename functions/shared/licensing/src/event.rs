//! Events: what has to be done after a change, such as sending an email. They are written to the outbox in the same transaction as
//! the change.
//!
//! An event only names things. It never holds a code or a link: `deliver-mail` derives those when it writes the email (SAFE-04).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    key::{hashed, joined},
    message::Message,
    roles::Role,
    seal::short_name,
    when::{Date, Timestamp},
    words::{AccountId, Address, CustomerId, Licence, OrderId, ProfileId, Sku},
};

/// Something to be done, at least once, de-duplicated by [`Event::id`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Event {
    /// Mail a sign-in code and link.
    SignInCode {
        /// To whom.
        address: Address,
        /// The familiar browser that asked, or empty.
        device: String,
        /// Which code.
        generation: u32,
        /// The how many-th mail of this address this is, so that a repeat is a mail of its own.
        mail: u32,
    },
    /// Mail the link and the code that prove a further address (REG-07).
    ProveAddress {
        /// Who asks.
        profile: ProfileId,
        /// The address to be proven.
        address: Address,
        /// Which link.
        generation: u32,
    },
    /// Tell who holds an address that another profile asks to have it (REG-09).
    AddressToMove {
        /// The address.
        address: Address,
        /// The profile that holds it.
        holder: ProfileId,
        /// The profile that asks.
        mover: ProfileId,
        /// When it asked.
        asked: Timestamp,
    },
    /// Mail welcome digests (ACT-17).
    Welcome {
        /// The load in which the people were listed.
        load: String,
        /// The people, each of whom gets one of their own.
        addresses: BTreeSet<Address>,
    },
    /// Mail an activation link (ACT-02 … ACT-06, ACT-14, LINK-08, LINK-10).
    ActivationLink {
        /// Under which Licensing ID.
        licence: Licence,
        /// What.
        product: Sku,
        /// Which link.
        generation: u32,
        /// Why now.
        why: Why,
        /// The how many-th mail with this link.
        mail: u32,
    },
    /// Remind of an unused link (EXP-06).
    Reminder {
        /// Under which Licensing ID.
        licence: Licence,
        /// What.
        product: Sku,
        /// Which link.
        generation: u32,
        /// So many days before its end.
        days: u32,
    },
    /// Tell that a link has ended unused.
    LinkExpired {
        /// Under which Licensing ID.
        licence: Licence,
        /// What.
        product: Sku,
        /// Which link.
        generation: u32,
    },
    /// Tell where the product key is (ACT-05).
    KeyNotice {
        /// Under which Licensing ID.
        licence: Licence,
        /// What.
        product: Sku,
        /// With which order.
        order: OrderId,
    },
    /// Tell that a licence was assigned without a link (ACT-08).
    Assigned {
        /// Under which Licensing ID.
        licence: Licence,
        /// What.
        product: Sku,
        /// The activation's version.
        version: u64,
    },
    /// Tell who activated what was done and what comes next.
    Activated {
        /// Under which Licensing ID.
        licence: Licence,
        /// What.
        product: Sku,
        /// The activation's version.
        version: u64,
    },
    /// Tell that a provisioning endpoint has refused to set it up (LINK-11).
    SetUpRefused {
        /// Under which Licensing ID.
        licence: Licence,
        /// What.
        product: Sku,
        /// The activation's version.
        version: u64,
    },
    /// Tell that an activation was taken back (LINK-07).
    Undone {
        /// Under which Licensing ID.
        licence: Licence,
        /// What.
        product: Sku,
        /// The activation's version.
        version: u64,
        /// Who had activated.
        to: Address,
        /// On which account it was.
        account: AccountId,
        /// That account's name: it may be gone when this is told.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        account_name: String,
        /// Whether who had activated took it back.
        by_them: bool,
    },
    /// Tell who asked for a revival what came of it (LINK-10).
    RevivalAnswered {
        /// Under which Licensing ID.
        licence: Licence,
        /// What.
        product: Sku,
        /// The activation's version.
        version: u64,
        /// Who had asked.
        to: Address,
        /// Whether it was revived.
        granted: bool,
    },
    /// Ask the other account's administrators to agree to a move, or tell that it was made (LINK-07).
    Remap {
        /// Under which Licensing ID.
        licence: Licence,
        /// What.
        product: Sku,
        /// The activation's version.
        version: u64,
        /// The account that it was on, once the move was made.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<AccountId>,
    },
    /// Tell who proposed a move that it is not made (LINK-07).
    RemapEnded {
        /// Under which Licensing ID.
        licence: Licence,
        /// What.
        product: Sku,
        /// The activation's version.
        version: u64,
        /// Who proposed it.
        to: Address,
        /// To which account.
        account: AccountId,
        /// Whether they may see the activation: proposing gives no sight of it.
        sees_it: bool,
        /// Whether it was declined; otherwise its time is over.
        declined: bool,
    },
    /// Ask an account's global administrators to decide on a request to join it (ORG-04).
    JoinAsked {
        /// Which account.
        account: AccountId,
        /// Who asks.
        asker: ProfileId,
        /// Which of the person's requests.
        generation: u32,
    },
    /// Tell who asked what was decided, and the other global administrators that it is handled (APR-03, APR-05).
    JoinDecided {
        /// Which account.
        account: AccountId,
        /// Who asked.
        asker: ProfileId,
        /// Which of the person's requests.
        generation: u32,
        /// The address by which they asked.
        to: Address,
    },
    /// Tell who asked that nobody decided in time.
    JoinEnded {
        /// Which account.
        account: AccountId,
        /// Who asked.
        asker: ProfileId,
        /// Which of the person's requests.
        generation: u32,
        /// The address by which they asked.
        to: Address,
    },
    /// Find out who decides on a request for permission, if anybody does (REQ-03, REQ-07).
    PermissionAsked {
        /// On which Licensing ID.
        licence: Licence,
        /// Who asks.
        asker: ProfileId,
        /// Which of the person's requests.
        generation: u32,
    },
    /// Have the requests for permission that wait follow the agreement, whose end was loaded anew (REQ-05).
    AgreementEndMoved {
        /// Of which Licensing ID.
        licence: Licence,
        /// What tells this change from others.
        mark: String,
    },
    /// Email those who decide on a request for permission, or who asked.
    Permission {
        /// On which Licensing ID.
        licence: Licence,
        /// Who asks.
        asker: ProfileId,
        /// Which of the person's requests.
        generation: u32,
        /// What is said.
        mail: RequestMail,
        /// The address by which they asked.
        to: Address,
    },
    /// Put the requests of outsiders before those who decide, all of a Licensing ID and day together (REQ-03).
    PermissionDigest {
        /// On which Licensing ID.
        licence: Licence,
        /// The day on which it is sent.
        day: Date,
    },
    /// Tell a person that they gave a Licensing ID up (PERM-02).
    GaveUp {
        /// Which.
        licence: Licence,
        /// Whose address.
        to: Address,
        /// What of them is stored: its version.
        version: u64,
        /// The roles that they keep, because an agreement above gives them.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        keeps: BTreeSet<Role>,
    },
    /// Tell an address what an Administrator gave it, or changed, with an invitation where nobody has proven it (APR-08).
    PermissionGiven {
        /// On which Licensing ID.
        licence: Licence,
        /// Whom.
        to: Address,
        /// What of them is stored: its version.
        version: u64,
        /// What was done.
        said: GivenAs,
    },
    /// Tell an address that an Administrator removed it (APR-07).
    PermissionTaken {
        /// From which Licensing ID.
        licence: Licence,
        /// Whom.
        to: Address,
        /// What of them is stored: its version.
        version: u64,
        /// The roles that they keep, because an agreement above gives them.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        keeps: BTreeSet<Role>,
        /// Whether they are Administrator above, and are none here only.
        here_only: bool,
    },
    /// Tell a reseller, or who claimed, that what orders or the claim give was denied, or counts again (OPEN-03, OPEN-08).
    GrantDenied {
        /// On which Licensing ID.
        licence: Licence,
        /// Whom.
        to: Address,
        /// What of them is stored: its version.
        version: u64,
        /// Whether it is what a claim gives; otherwise it is what orders give.
        claim: bool,
        /// Whether it counts again.
        undone: bool,
    },
    /// Tell the holder and the Administrators that something ends soon (ROLE-09).
    EndsSoon {
        /// On which Licensing ID.
        licence: Licence,
        /// Whose.
        address: Address,
        /// All that ends by this day, and was not told of.
        last: Date,
    },
    /// Tell who gave something that nobody registered in time, so that it has ended (APR-08).
    InvitationEnded {
        /// On which Licensing ID.
        licence: Licence,
        /// Who was invited.
        address: Address,
        /// What of them is stored: its version.
        version: u64,
        /// Who gave it.
        to: Address,
    },
    /// Tell the notices and the primary contact that somebody was made an Administrator, or removed: by a load, or in the portal by
    /// somebody who manages users (ACT-01, APR-07).
    AdministratorChanged {
        /// Of which Licensing ID.
        licence: Licence,
        /// Whom.
        address: Address,
        /// Whether they are Administrator now.
        made: bool,
        /// What tells this change from others.
        mark: String,
    },
    /// Tell the event bus and all webhooks, and where it concerns the product's provisioning endpoint that as well (LINK-11).
    Announce {
        /// What they are told.
        message: Box<Message>,
    },
    /// Tell one of them: apart from the others, so that none holds up or repeats another's.
    Deliver {
        /// What it is told.
        message: Box<Message>,
        /// Which.
        to: Receiver,
    },
    /// Ask the product's provisioning endpoint to set an activation up (LINK-11).
    Provision {
        /// Under which Licensing ID.
        licence: Licence,
        /// What.
        product: Sku,
        /// The activation's version by which it is asked.
        version: u64,
    },
    /// The contacts of a Licensing ID, or what is known of their addresses, changed: judge its open activations afresh
    /// (ACT-03, ACT-15).
    Rejudge {
        /// Which.
        licence: Licence,
        /// What tells this change from others.
        mark: String,
    },
    /// Someone corrected a customer's name, or that of its account: copy it to every row under the customer's agreements,
    /// some of them at a time.
    RejudgeCustomer {
        /// Which.
        customer: CustomerId,
        /// The agreement behind which it goes on: its Licensing ID and its first day.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<(Licence, Date)>,
        /// What tells this change from others.
        mark: String,
    },
    /// Someone corrected an account's name: copy it to its customer's agreements and to those that name its administrators.
    RejudgeAccount {
        /// Which.
        account: AccountId,
        /// What tells this change from others.
        mark: String,
    },
    /// Whether email reaches an address changed: judge every activation again that may be emailed to it.
    RejudgeAddress {
        /// Which.
        address: Address,
        /// What tells this change from others.
        mark: String,
    },
}

/// What was done when something was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GivenAs {
    /// It was given, besides what was there.
    Assigned,
    /// What was given is another now.
    Edited,
    /// The same invitation is sent again.
    InvitedAgain,
}

/// What is said of a request for permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestMail {
    /// To those who decide: somebody asks.
    Asked,
    /// To those who decide: the same person asks for something else instead (REQ-06).
    Changed,
    /// To those who decide: nobody has decided yet (REQ-05).
    Reminder,
    /// The same, because who asked wants it (REQ-09).
    RemindedByAsker,
    /// To the notices contact: nobody decided for long (REQ-05).
    Undecided,
    /// To those who decide: it was taken back.
    Withdrawn,
    /// To who asked: what was decided; and to those who were reminded that it is handled (APR-03, APR-05).
    Decided,
    /// To who asked: nobody decided in time, or the agreement ended (REQ-05).
    Ended,
    /// To who asked: nobody can decide (REQ-07).
    NobodyDecides,
}

impl RequestMail {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Changed => "changed",
            Self::Reminder => "reminder",
            Self::RemindedByAsker => "reminded-by-asker",
            Self::Undecided => "undecided",
            Self::Withdrawn => "withdrawn",
            Self::Decided => "decided",
            Self::Ended => "ended",
            Self::NobodyDecides => "nobody-decides",
        }
    }
}

/// Why an activation link is mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The first one.
    First,
    /// The contact before could not be reached (ACT-03).
    Fallback,
    /// The contact was changed (ACT-15).
    ContactChanged,
    /// Asked for by somebody who may (ACT-14): the link before is dead.
    Resent,
    /// Asked for without signing in (LINK-08): the same link again.
    AskedAgain,
    /// Revived after it had ended (LINK-10).
    Revived,
    /// Its activation was taken back (LINK-07).
    Undone,
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Receiver {
    /// The event bus.
    Bus,
    /// A webhook.
    Webhook {
        /// Which.
        id: String,
    },
    /// A product's provisioning endpoint.
    Endpoint {
        /// Of which product.
        product: Sku,
    },
}

impl Receiver {
    /// The name by which its secret is derived and its deliveries are told apart.
    pub fn name(&self) -> String {
        match self {
            Self::Bus => "bus".into(),
            Self::Webhook { id } => format!("webhook/{id}"),
            Self::Endpoint { product } => format!("endpoint/{product}"),
        }
    }
}

/// Which function does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consumer {
    /// `deliver-mail`, before all its other mails: somebody sits and waits for it.
    Codes,
    /// `deliver-mail`.
    Mail,
    /// `send-activation`.
    Activations,
    /// `provision`.
    Outside,
    /// `request-permission`.
    Requests,
}

impl Consumer {
    /// The name by which the stream's filters pass it on.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Codes => "codes",
            Self::Mail => "mail",
            Self::Activations => "activations",
            Self::Outside => "outside",
            Self::Requests => "requests",
        }
    }
}

impl Event {
    /// The event that carries a message to all who are to be told.
    pub fn announce(message: Message) -> Self {
        Self::Announce { message: Box::new(message) }
    }

    /// Whether its mail keeps an account safe: it goes also to who complained of our mails (SAFE-03).
    pub const fn is_security(&self) -> bool {
        matches!(self, Self::SignInCode { .. } | Self::ProveAddress { .. } | Self::AddressToMove { .. })
    }

    /// The key by which it is done once: made of what it is about, so that a repeated change writes the same one.
    pub fn id(&self) -> String {
        let number = |number: &u32| number.to_string();
        let of = |kind: &str, licence: &Licence, product: &Sku, rest: &[&str]| {
            key(kind, &[&[&*licence.key(), product.as_str()], rest].concat())
        };
        match self {
            Self::SignInCode { address, device, generation, mail } => {
                key("sign-in-code", &[address.as_str(), device, &number(generation), &number(mail)])
            }
            Self::ProveAddress { profile, address, generation } => {
                key("prove-address", &[profile.as_str(), address.as_str(), &number(generation)])
            }
            Self::AddressToMove { address, mover, asked, .. } => {
                key("address-to-move", &[address.as_str(), mover.as_str(), &asked.to_string()])
            }
            Self::Welcome { load, addresses } => {
                let all: Vec<&str> = addresses.iter().map(Address::as_str).collect();
                key("welcome", &[load, &short_name(&all.join("|"))])
            }
            Self::ActivationLink { licence, product, generation, mail, .. } => {
                of("activation-link", licence, product, &[&number(generation), &number(mail)])
            }
            Self::Reminder { licence, product, generation, days } => {
                of("reminder", licence, product, &[&number(generation), &number(days)])
            }
            Self::LinkExpired { licence, product, generation } => {
                of("link-expired", licence, product, &[&number(generation)])
            }
            Self::KeyNotice { licence, product, order } => of("key-notice", licence, product, &[order.as_str()]),
            Self::Assigned { licence, product, version } => of("assigned", licence, product, &[&version.to_string()]),
            Self::Activated { licence, product, version } => of("activated", licence, product, &[&version.to_string()]),
            Self::SetUpRefused { licence, product, version } => {
                of("set-up-refused", licence, product, &[&version.to_string()])
            }
            Self::Undone { licence, product, version, .. } => of("undone", licence, product, &[&version.to_string()]),
            Self::Remap { licence, product, version, .. } => of("remap", licence, product, &[&version.to_string()]),
            Self::JoinAsked { account, asker, generation } => {
                key("join-asked", &[account.as_str(), asker.as_str(), &number(generation)])
            }
            Self::RevivalAnswered { licence, product, version, .. } => {
                of("revival-answered", licence, product, &[&version.to_string()])
            }
            Self::RemapEnded { licence, product, version, .. } => {
                of("remap-ended", licence, product, &[&version.to_string()])
            }
            Self::JoinDecided { account, asker, generation, .. } => {
                key("join-decided", &[account.as_str(), asker.as_str(), &number(generation)])
            }
            Self::JoinEnded { account, asker, generation, .. } => {
                key("join-ended", &[account.as_str(), asker.as_str(), &number(generation)])
            }
            Self::PermissionAsked { licence, asker, generation } => {
                key("permission-asked", &[&licence.key(), asker.as_str(), &number(generation)])
            }
            Self::Permission { licence, asker, generation, mail, .. } => {
                key("permission", &[&licence.key(), asker.as_str(), &number(generation), mail.as_str()])
            }
            Self::AgreementEndMoved { licence, mark } => key("agreement-end-moved", &[&licence.key(), mark]),
            Self::PermissionDigest { licence, day } => key("permission-digest", &[&licence.key(), &day.to_string()]),
            Self::GaveUp { licence, to, version, .. } => {
                key("gave-up", &[&licence.key(), to.as_str(), &version.to_string()])
            }
            Self::PermissionGiven { licence, to, version, .. } => {
                key("permission-given", &[&licence.key(), to.as_str(), &version.to_string()])
            }
            Self::PermissionTaken { licence, to, version, .. } => {
                key("permission-taken", &[&licence.key(), to.as_str(), &version.to_string()])
            }
            Self::GrantDenied { licence, to, version, .. } => {
                key("grant-denied", &[&licence.key(), to.as_str(), &version.to_string()])
            }
            Self::EndsSoon { licence, address, last } => {
                key("ends-soon", &[&licence.key(), address.as_str(), &last.to_string()])
            }
            Self::InvitationEnded { licence, address, version, .. } => {
                key("invitation-ended", &[&licence.key(), address.as_str(), &version.to_string()])
            }
            Self::AdministratorChanged { licence, address, mark, .. } => {
                key("administrator-changed", &[&licence.key(), address.as_str(), mark])
            }
            Self::Announce { message } => key("announce", &[&message.id()]),
            Self::Deliver { message, to } => key("deliver", &[&message.id(), &to.name()]),
            Self::Provision { licence, product, version } => of("provision", licence, product, &[&version.to_string()]),
            Self::Rejudge { licence, mark } => key("rejudge", &[&licence.key(), mark]),
            Self::RejudgeCustomer { customer, after, mark } => {
                let (licence, starts) = after
                    .as_ref()
                    .map_or_else(Default::default, |(licence, starts)| (licence.key(), starts.to_string()));
                key("rejudge-customer", &[customer.as_str(), mark, &licence, &starts])
            }
            Self::RejudgeAccount { account, mark } => key("rejudge-account", &[account.as_str(), mark]),
            Self::RejudgeAddress { address, mark } => key("rejudge-address", &[address.as_str(), mark]),
        }
    }

    /// The key by which each of its letters is sent once, together with the recipient. It is the event's own, but for
    /// welcome digests: whichever of a load's events brings a person up, there is one for a person and load (ACT-17).
    pub fn letter(&self) -> String {
        match self {
            Self::Welcome { load, .. } => format!("welcome|{load}"),
            other => other.id(),
        }
    }

    /// The function that does it.
    pub fn consumer(&self) -> Consumer {
        match self {
            Self::SignInCode { .. } | Self::ProveAddress { .. } => Consumer::Codes,
            Self::Rejudge { .. }
            | Self::RejudgeCustomer { .. }
            | Self::RejudgeAccount { .. }
            | Self::RejudgeAddress { .. } => Consumer::Activations,
            Self::Announce { .. } | Self::Deliver { .. } | Self::Provision { .. } => Consumer::Outside,
            Self::PermissionAsked { .. } | Self::AgreementEndMoved { .. } => Consumer::Requests,
            _ => Consumer::Mail,
        }
    }

    /// The Licensing ID that it is about, for the mail ledger.
    pub fn licence(&self) -> Option<&Licence> {
        match self {
            Self::ActivationLink { licence, .. }
            | Self::Reminder { licence, .. }
            | Self::LinkExpired { licence, .. }
            | Self::KeyNotice { licence, .. }
            | Self::Assigned { licence, .. }
            | Self::Activated { licence, .. }
            | Self::SetUpRefused { licence, .. }
            | Self::Undone { licence, .. }
            | Self::RevivalAnswered { licence, .. }
            | Self::Remap { licence, .. }
            | Self::Provision { licence, .. }
            | Self::Rejudge { licence, .. } => Some(licence),
            // A Licensing ID's ledger must not tell its readers who administers it or an account (REQ-03).
            Self::PermissionAsked { .. }
            | Self::AgreementEndMoved { .. }
            | Self::Permission { .. }
            | Self::PermissionDigest { .. }
            | Self::AdministratorChanged { .. }
            | Self::GaveUp { .. }
            | Self::PermissionGiven { .. }
            | Self::PermissionTaken { .. }
            | Self::GrantDenied { .. }
            | Self::EndsSoon { .. }
            | Self::InvitationEnded { .. }
            | Self::RemapEnded { .. }
            | Self::JoinAsked { .. }
            | Self::JoinDecided { .. }
            | Self::JoinEnded { .. }
            | Self::SignInCode { .. }
            | Self::ProveAddress { .. }
            | Self::AddressToMove { .. }
            | Self::Welcome { .. }
            | Self::Announce { .. }
            | Self::Deliver { .. }
            | Self::RejudgeCustomer { .. }
            | Self::RejudgeAccount { .. }
            | Self::RejudgeAddress { .. } => None,
        }
    }
}

/// The longest key of an event, in bytes: a database takes 2,048.
const LONGEST_KEY: usize = 1500;

fn key(kind: &str, parts: &[&str]) -> String {
    let key = format!("{kind}|{}", joined(parts));
    if key.len() <= LONGEST_KEY { key } else { format!("{kind}|{}", hashed(parts)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message::test("hook-1".into(), "2026-11-22T03:00:00Z".parse().unwrap())
    }

    /// An event of this kind: each takes the fields that it has from the same ones.
    fn event(kind: &str) -> Event {
        let to = if kind == "deliver" { serde_json::json!({"name": "bus"}) } else { "ann@contoso.example".into() };
        serde_json::from_value(serde_json::json!({
            "kind": kind, "licence": {"programme": "enterprise", "number": "7001"}, "product": "MAIL", "order": "PO-1",
            "account": "acc-1", "customer": "cust-1", "profile": "p-1", "asker": "p-1", "address": "ann@contoso.example", "device": "browser",
            "addresses": ["ann@contoso.example", "bob@contoso.example"], "load": "load-1", "mark": "mark-1", "why": "first",
            "holder": "p-1", "mover": "p-2", "asked": "2026-11-22T03:00:00Z", "generation": 7, "mail": 2, "days": 30, "version": 4, "by_them": true, "sees_it": true, "granted": true, "declined": true, "made": true, "said": "assigned", "here_only": true, "claim": true, "undone": true,
            "last": "2026-12-31", "to": to, "message": message(),
        }))
        .unwrap()
    }

    /// ACT-16 an event is done once by its key, which names all that makes it another one; by the function whose work it
    /// is; and a Licensing ID's ledger shows it unless it would tell who administers an account (REQ-03).
    #[test]
    fn act_16_each_event_has_its_key_its_function_and_its_ledger() {
        let told = message().id();
        let digest = short_name("ann@contoso.example|bob@contoso.example");
        for (kind, names, function, in_ledger) in [
            ("sign-in-code", "ann@contoso.example|browser|7|2", "codes", false),
            ("prove-address", "p-1|ann@contoso.example|7", "codes", false),
            ("address-to-move", "ann@contoso.example|p-2|2026-11-22T03:00:00Z", "mail", false),
            ("welcome", &format!("load-1|{digest}"), "mail", false),
            ("activation-link", "enterprise/7001|MAIL|7|2", "mail", true),
            ("reminder", "enterprise/7001|MAIL|7|30", "mail", true),
            ("link-expired", "enterprise/7001|MAIL|7", "mail", true),
            ("key-notice", "enterprise/7001|MAIL|PO-1", "mail", true),
            ("assigned", "enterprise/7001|MAIL|4", "mail", true),
            ("activated", "enterprise/7001|MAIL|4", "mail", true),
            ("undone", "enterprise/7001|MAIL|4", "mail", true),
            ("revival-answered", "enterprise/7001|MAIL|4", "mail", true),
            ("remap", "enterprise/7001|MAIL|4", "mail", true),
            ("rejudge-customer", "cust-1|mark-1||", "activations", false),
            ("rejudge-account", "acc-1|mark-1", "activations", false),
            ("remap-ended", "enterprise/7001|MAIL|4", "mail", false),
            ("join-asked", "acc-1|p-1|7", "mail", false),
            ("join-decided", "acc-1|p-1|7", "mail", false),
            ("join-ended", "acc-1|p-1|7", "mail", false),
            ("agreement-end-moved", "enterprise/7001|mark-1", "requests", false),
            ("ends-soon", "enterprise/7001|ann@contoso.example|2026-12-31", "mail", false),
            ("invitation-ended", "enterprise/7001|ann@contoso.example|4", "mail", false),
            ("permission-given", "enterprise/7001|ann@contoso.example|4", "mail", false),
            ("permission-taken", "enterprise/7001|ann@contoso.example|4", "mail", false),
            ("grant-denied", "enterprise/7001|ann@contoso.example|4", "mail", false),
            ("administrator-changed", "enterprise/7001|ann@contoso.example|mark-1", "mail", false),
            ("announce", &told, "outside", false),
            ("deliver", &format!("{told}|bus"), "outside", false),
            ("provision", "enterprise/7001|MAIL|4", "outside", true),
            ("rejudge", "enterprise/7001|mark-1", "activations", true),
            ("rejudge-address", "ann@contoso.example|mark-1", "activations", false),
        ] {
            let event = event(kind);
            assert_eq!(event.id(), format!("{kind}|{names}"));
            assert_eq!(event.consumer().as_str(), function, "{kind}");
            let licence = event.licence().map(Licence::key);
            assert_eq!(licence.as_deref(), in_ledger.then_some("enterprise/7001"), "{kind}");
        }
    }

    /// ACT-16 names that hold what parts them, or are as long as can be, make keys of their own that the database takes.
    #[test]
    fn act_16_events_about_different_things_have_different_keys() {
        let notice = |number: &str, product: &str, order: &str| {
            let licence = format!("enterprise/{number}").parse().unwrap();
            Event::KeyNotice { licence, product: product.parse().unwrap(), order: order.parse().unwrap() }.id()
        };
        let long = "\u{1f600}".repeat(199);
        let (a, b) = (&*format!("{long}a"), &*format!("{long}b"));
        let keys = [
            notice("1", "A|B", "C"),
            notice("1|A", "B", "C"),
            notice("1", "A", "B|C"),
            notice("1|A", "B|C", "C"),
            notice(a, a, a),
            notice(a, a, b),
            notice(a, b, a),
            notice(b, a, a),
        ];
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{keys:?}");
        assert!(keys.iter().all(|key| key.len() <= LONGEST_KEY && key.starts_with("key-notice|")));
        assert_eq!(notice("1", "A", "B|C"), "key-notice|enterprise/1|A|B|C");
    }

    /// ACT-17 one digest a person and load, whichever of the load's events brings them up; other letters follow their event.
    #[test]
    fn act_17_a_loads_digests_are_one_letter() {
        assert_eq!(event("welcome").letter(), "welcome|load-1");
        assert_eq!(event("reminder").letter(), event("reminder").id());
    }

    /// LINK-11 each receiver has a name of its own, by which its secret is derived and its deliveries are told apart.
    #[test]
    fn link_11_each_receiver_has_a_name_of_its_own() {
        let webhook = Receiver::Webhook { id: "MAIL".into() };
        let endpoint = Receiver::Endpoint { product: "MAIL".parse().unwrap() };
        let names = [Receiver::Bus, webhook, endpoint].map(|receiver| receiver.name());
        assert_eq!(names, ["bus", "webhook/MAIL", "endpoint/MAIL"]);
    }
}
