//! The letters: what each has to know, and what it is called in the ledger. No words: those are in the catalogues, one a
//! language.

use std::{collections::BTreeSet, convert::Infallible, fmt, str::FromStr};

use licensing::{
    Address, ContactName, Licence, Policy, ProductKind, Timestamp,
    account::AccountRole,
    activation::Activation,
    event::{GivenAs, Why},
    join::Join,
    policy::Publisher,
    request::{Asked, Nobody},
    rights::{Role, role_of_contact},
};
use serde::{Deserialize, Serialize};

/// Agreements that a welcome digest names one by one.
pub(crate) const LISTED: usize = 20;

/// Outsiders' requests that the email of the day shows; it counts the others.
pub const SHOWN: usize = 20;

/// A letter with its facts. Links are whole addresses on the site; a link elsewhere is never written.
#[derive(Clone, PartialEq, Eq)]
pub enum Letter {
    /// The code and the link that sign in (REG-03).
    SignInCode {
        /// Who signs in.
        address: Address,
        /// Six digits.
        code: String,
        /// The link that does the same.
        link: String,
        /// Both are good until then.
        expires_at: Timestamp,
    },
    /// The link that proves a further address (REG-07).
    ProveAddress {
        /// The address to be proven.
        address: Address,
        /// The business address of the profile that asks, masked. What its person calls themselves is never mailed to a
        /// mailbox whose reader may not know them.
        profile_address_masked: String,
        /// Six digits that do the same as the link.
        code: String,
        /// The link to prove it, on whose page "this was not me" is offered too.
        link: String,
        /// The link is good until then.
        expires_at: Timestamp,
    },
    /// To who holds an address: another profile asks to have it (REG-09).
    AddressToMove {
        /// The address.
        address: Address,
        /// The business address of the profile that asks, masked.
        to_masked: String,
        /// It moves from then on.
        moves_at: Timestamp,
        /// Whether it is the only address of the profile that holds it.
        is_last: bool,
        /// Where to sign in, which stops it.
        sign_in: String,
    },
    /// What a listed person may do, and an invitation to register (ACT-17).
    Welcome {
        /// The person.
        address: Address,
        /// The agreements that name the person.
        listings: Vec<Listing>,
        /// Whether there are more than those.
        more: bool,
        /// Where to sign in.
        sign_in: String,
    },
    /// The link that activates (ACT-02 … ACT-04).
    ActivationLink {
        /// Of what.
        about: About,
        /// As which contact the person gets it.
        contact: ContactName,
        /// The link.
        link: String,
        /// The link is good until then.
        expires_at: Timestamp,
        /// Why it is mailed now.
        why: Why,
    },
    /// The same link again before it ends (EXP-06).
    Reminder {
        /// Of what.
        about: About,
        /// As which contact the person gets it.
        contact: ContactName,
        /// So many days before the end.
        days: u32,
        /// The link, as it was mailed before.
        link: String,
        /// The link is good until then.
        expires_at: Timestamp,
    },
    /// The link has ended unused.
    LinkExpired {
        /// Of what.
        about: About,
        /// When it ended.
        expired_at: Timestamp,
        /// The page where a new one is asked for.
        portal: String,
    },
    /// Where the product key is (ACT-05).
    KeyNotice {
        /// Of what.
        about: About,
        /// The page that has it.
        portal: String,
    },
    /// A licence was assigned without a link (ACT-08).
    Assigned {
        /// Of what.
        about: About,
        /// To which account.
        account_name: String,
        /// It may be taken back until then.
        undo_until: Option<Timestamp>,
        /// The page of the activation.
        portal: String,
    },
    /// To who activated: what was done, and what comes next.
    Activated {
        /// Of what.
        about: About,
        /// On which account.
        account_name: String,
        /// When.
        at: Timestamp,
        /// It may be taken back until then.
        undo_until: Option<Timestamp>,
        /// The page of the activation.
        portal: String,
    },
    /// A provisioning endpoint has refused to set it up (LINK-11).
    SetUpRefused {
        /// Of what.
        about: About,
        /// On which account it was to be.
        account_name: String,
        /// The endpoint's words.
        reason: String,
        /// When.
        at: Timestamp,
        /// The page of the activation, where it can be taken back.
        portal: String,
    },
    /// An activation was taken back (LINK-07).
    Undone {
        /// Of what.
        about: About,
        /// On which account it was.
        account_name: String,
        /// Whether the recipient did it.
        by_you: bool,
        /// The page of the activation.
        portal: String,
    },
    /// A move to another account waits for the other side (LINK-07). An account's name is whatever its makers call it, so
    /// people are told only those that they know: their own, and those of other accounts of the same customer.
    RemapProposed {
        /// Of what.
        about: About,
        /// The account that it is on, where the recipient knows it.
        from: Option<String>,
        /// The account that it would go to, where the recipient knows it.
        to: Option<String>,
        /// It ends then, nobody having agreed.
        ends_at: Timestamp,
        /// The page where it is decided.
        portal: String,
    },
    /// To who asked for an ended link to be revived: what came of it (LINK-10).
    RevivalAnswered {
        /// Of what.
        about: About,
        /// Whether it was revived.
        granted: bool,
        /// Why it was declined, in the operator's words; empty where it was revived.
        reason: String,
        /// The page of the activation.
        portal: String,
    },
    /// To who proposed a move: it is not made (LINK-07).
    RemapEnded {
        /// The product's name.
        product: String,
        /// The Licensing ID, which they named.
        licence: Licence,
        /// The account that it would have gone to, where the recipient knows it.
        to: Option<String>,
        /// Whether it was declined; otherwise its time is over.
        declined: bool,
        /// The page where to go on.
        portal: String,
    },
    /// A move to another account was made (LINK-07).
    RemapDone {
        /// Of what.
        about: About,
        /// The account that it was on.
        from: String,
        /// The account that it is on now.
        to: String,
        /// The page of the activation.
        portal: String,
    },
    /// To a global administrator of an account: somebody asks to join it (ORG-04).
    JoinAsked {
        /// Who, and which account.
        asking: JoinFacts,
        /// It ends then if nobody decides.
        ends_at: Timestamp,
        /// The recipient's own link to decide.
        link: String,
    },
    /// To who asked: what was decided (APR-05). By whom is not told.
    JoinDecided {
        /// Who, and which account.
        asking: JoinFacts,
        /// As what they joined; none: they did not.
        role: Option<AccountRole>,
        /// The administrator's words, if any.
        message: String,
        /// The page of the activation.
        portal: String,
    },
    /// To the account's other global administrators: it is handled (APR-03).
    JoinHandled {
        /// Who, and which account.
        asking: JoinFacts,
        /// As what they joined; none: they did not.
        role: Option<AccountRole>,
        /// By whom.
        by: Address,
        /// When.
        at: Timestamp,
        /// The page with the account's requests.
        portal: String,
    },
    /// To who asked: nobody decided in time.
    JoinEnded {
        /// Who, and which account.
        asking: JoinFacts,
        /// The page of the activation.
        portal: String,
    },
    /// To an Administrator: a colleague asks for permission (REQ-03). What an outsider asks for comes as a
    /// [`Letter::PermissionDigest`].
    PermissionAsked {
        /// Who, for what.
        of: Permission,
        /// What they call themselves; may be empty.
        name: String,
        /// What they say of it; may be empty.
        comment: String,
        /// It ends then if nobody decides.
        ends_at: Timestamp,
        /// The recipient's own link to decide.
        link: String,
        /// Whether they ask for this instead of something else (REQ-06).
        changed: bool,
    },
    /// To an Administrator: nobody has decided yet (REQ-05, REQ-09).
    PermissionReminder {
        /// Who, for what.
        of: Permission,
        /// Whether they are from outside: then name and comment are behind the sign-in (REQ-03), and the letter warns.
        outsider: bool,
        /// Since when.
        asked_at: Timestamp,
        /// It ends then if nobody decides.
        ends_at: Timestamp,
        /// The recipient's own link to decide.
        link: String,
        /// Whether who asks wants them reminded.
        by_asker: bool,
    },
    /// To an Administrator: the requests that outsiders made in a day, without names and comments (REQ-03).
    PermissionDigest {
        /// On which Licensing ID.
        licence: Licence,
        /// The customer's name.
        customer: String,
        /// Those that are shown, [`SHOWN`] at most.
        requests: Vec<Outsider>,
        /// So many more wait.
        others: u64,
        /// The page that has all.
        portal: String,
    },
    /// To the notices contact: nobody decided for long (REQ-05).
    PermissionUndecided {
        /// Who, for what.
        of: Permission,
        /// Whether they are from outside.
        outsider: bool,
        /// Since when.
        asked_at: Timestamp,
        /// It ends then if nobody decides.
        ends_at: Timestamp,
        /// The recipient's own link to decide.
        link: String,
    },
    /// To an Administrator: who asked took it back (REQ-09).
    PermissionWithdrawn {
        /// Who, for what.
        of: Permission,
        /// When.
        at: Timestamp,
    },
    /// To an Administrator who was reminded: it is handled (APR-03).
    PermissionHandled {
        /// Who, for what.
        of: Permission,
        /// What was granted; none: nothing.
        granted: Option<Asked>,
        /// By whom. Only other Administrators learn it.
        by: Address,
        /// When.
        at: Timestamp,
        /// The page with the requests.
        portal: String,
    },
    /// To who asked: what was decided (APR-05). By whom is not told (REQ-03).
    PermissionDecided {
        /// Who, for what.
        of: Permission,
        /// What was granted, all or a part; none: nothing.
        granted: Option<Asked>,
        /// The Administrator's words, if any.
        message: String,
        /// The page with the person's permissions and requests.
        portal: String,
    },
    /// To who asked: nobody decided in time, or the agreement ended (REQ-05).
    PermissionEnded {
        /// Who, for what.
        of: Permission,
        /// Whether it was the agreement that ended: only colleagues learn it.
        with_agreement: bool,
        /// The page where they ask again.
        portal: String,
    },
    /// To who asked, a colleague: nobody can decide (REQ-07).
    NobodyDecides {
        /// Who, for what.
        of: Permission,
        /// Why.
        why: Nobody,
        /// The page with the person's requests.
        portal: String,
    },
    /// To who gave a Licensing ID up (PERM-02).
    GaveUp {
        /// Which.
        licence: Licence,
        /// The customer's name.
        customer: String,
        /// With which address.
        address: Address,
        /// The roles that they keep, because an agreement above gives them.
        keeps: BTreeSet<Role>,
        /// The page where they ask for permission.
        portal: String,
    },
    /// To whom an Administrator gave something, or changed it; an invitation where nobody has proven the address (APR-08).
    PermissionGiven {
        /// Whose, on which Licensing ID.
        of: OnLicence,
        /// What acts give there now, by its end.
        given: Vec<Asked>,
        /// What was done.
        said: GivenAs,
        /// Until when the reader has to sign in; none: the address is somebody's.
        invited_until: Option<Timestamp>,
        /// The page where they sign in, or see the licence.
        portal: String,
    },
    /// To whom an Administrator removed (APR-07).
    PermissionTaken {
        /// Whose, on which Licensing ID.
        of: OnLicence,
        /// The roles that they keep, because an agreement above gives them.
        keeps: BTreeSet<Role>,
        /// Whether they are Administrator above, and none here only.
        here_only: bool,
        /// The page where they ask for permission.
        portal: String,
    },
    /// To a reseller, or who claimed: that was denied, or counts again (OPEN-03, OPEN-08).
    GrantDenied {
        /// Whose, on which Licensing ID.
        of: OnLicence,
        /// Whether it is what a claim gave; otherwise what orders gave.
        claim: bool,
        /// Whether it counts again.
        undone: bool,
        /// The page where they ask for permission, or see the licence.
        portal: String,
    },
    /// To whose it is, and to Administrators: something ends soon (ROLE-09).
    EndsSoon {
        /// Whose, on which Licensing ID.
        of: OnLicence,
        /// What, by its end.
        ends: Vec<Asked>,
        /// Whether the reader is whose it is.
        own: bool,
        /// The page where they ask for permission, or see the people.
        portal: String,
    },
    /// To who invited somebody: nobody registered in time (APR-08).
    InvitationEnded {
        /// Whom, to which Licensing ID.
        of: OnLicence,
        /// What has ended.
        ended: Vec<Asked>,
        /// The page with the people.
        portal: String,
    },
    /// To the notices and the primary contact: a load, or somebody in the portal, made or removed an Administrator (ACT-01, APR-07).
    AdministratorChanged {
        /// Of which Licensing ID.
        licence: Licence,
        /// The customer's name.
        customer: String,
        /// Whom.
        address: Address,
        /// Whether they are Administrator now.
        made: bool,
        /// Whether a load did it; otherwise somebody who manages users.
        loaded: bool,
    },
}

/// An address on a Licensing ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnLicence {
    /// Which.
    pub licence: Licence,
    /// The customer's name.
    pub customer: String,
    /// Whose.
    pub address: Address,
}

impl OnLicence {
    pub(crate) fn parts(&self) -> (&Licence, &str, &Address) {
        (&self.licence, &self.customer, &self.address)
    }
}

/// Who asks for permission, for what, and on which Licensing ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// On which Licensing ID. Who asked typed the number and reads it whole; all others read it masked.
    pub licence: Licence,
    /// The customer's name. Who asked reads it only once something was granted: no letter tells an outsider whose number it is
    /// (REQ-02).
    pub customer: String,
    /// The address by which they ask.
    pub address: Address,
    /// For what.
    pub asked: Asked,
}

/// What somebody from outside asks for, in the email of the day (REQ-03).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outsider {
    /// The address by which they ask.
    pub address: Address,
    /// For what.
    pub asked: Asked,
    /// The recipient's own link to decide.
    pub link: String,
}

/// What was asked for and is not in what was granted; none: all is. A role is there also without what comes with it.
pub(crate) fn not_granted(asked: &Asked, granted: &Asked) -> Option<Asked> {
    let rest = Asked {
        roles: asked.roles.difference(&granted.roles).copied().collect(),
        benefits: asked.benefits.difference(&granted.benefits).copied().collect(),
        reservations: asked.reservations && !granted.reservations,
        until: None,
    };
    (!rest.roles.is_empty() || !rest.benefits.is_empty() || rest.reservations).then_some(rest)
}

/// Who asks to join which account, and on what occasion. They are named by the address that they have proven; what they call
/// themselves is shown to who decides once that person has signed in, and never mailed (REQ-03).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinFacts {
    /// The account's name.
    pub account: String,
    /// The address by which they ask.
    pub address: Address,
    /// The product that is to be activated.
    pub product: String,
    /// The customer who bought it.
    pub customer: String,
}

impl From<&Join> for JoinFacts {
    fn from(join: &Join) -> Self {
        Self {
            account: join.account_name.clone(),
            address: join.by.address.clone(),
            product: join.occasion.product_name.clone(),
            customer: join.occasion.customer_name.clone(),
        }
    }
}

/// What was bought, by whom, under which Licensing ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The product's name.
    pub product: String,
    /// The product's kind.
    pub kind: ProductKind,
    /// The customer's name.
    pub customer: String,
    /// Seats or units.
    pub quantity: u64,
    /// The Licensing ID; letters only ever show it masked (LINK-01).
    pub licence: Licence,
}

impl From<&Activation> for About {
    fn from(activation: &Activation) -> Self {
        Self {
            product: activation.product_name.clone(),
            kind: activation.kind,
            customer: activation.customer_name.clone(),
            quantity: activation.quantity,
            licence: activation.licence.clone(),
        }
    }
}

impl About {
    pub(crate) fn is_consumption(&self) -> bool {
        self.kind == ProductKind::Consumption
    }
}

/// An agreement that names a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Which.
    pub licence: Licence,
    /// The customer's name.
    pub customer: String,
    /// As what the person is named.
    pub contacts: Vec<ContactName>,
}

impl Listing {
    /// The roles that the listing gives, each with the contacts that give it (ROLE-03).
    pub(crate) fn by_role(&self) -> Vec<(Option<Role>, Vec<ContactName>)> {
        let mut roles: Vec<(Option<Role>, Vec<ContactName>)> = Vec::new();
        for contact in &self.contacts {
            let role = role_of_contact(*contact);
            match roles.iter_mut().find(|(other, _)| *other == role) {
                Some((_, contacts)) if contacts.contains(contact) => {}
                Some((_, contacts)) => contacts.push(*contact),
                None => roles.push((role, vec![*contact])),
            }
        }
        roles
    }
}

/// The agreements that a welcome digest counts and does not name.
pub(crate) struct Others {
    /// So many.
    pub(crate) count: u64,
    /// There may be more: not all were read.
    pub(crate) at_least: bool,
}

impl Others {
    /// None, where all are named.
    pub(crate) fn of(listings: &[Listing], more: bool) -> Option<Self> {
        let count = listings.len().saturating_sub(LISTED) as u64;
        (count > 0 || more).then_some(Self { count: count.max(1), at_least: more })
    }
}

/// What every letter needs beside its facts.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Who writes.
    pub publisher: &'a Publisher,
    /// The numbers that letters name.
    pub policy: &'a Policy,
    /// The portal's address, without a slash at its end: `https://portal.example`.
    pub site: &'a str,
    /// The recipient's language.
    pub language: Language,
}

/// A language that letters are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Language {
    /// English, also for people who ask for a language that we don't have.
    #[default]
    En,
    /// German.
    De,
}

impl Language {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::En, Self::De];

    /// The language tag.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }
}

impl FromStr for Language {
    type Err = Infallible;
    /// Of a tag such as `de-AT` the first part counts; an unknown language is English.
    fn from_str(tag: &str) -> Result<Self, Infallible> {
        let first = tag.split(['-', '_']).next().unwrap_or_default().trim();
        Ok(Self::ALL.iter().copied().find(|language| language.as_str().eq_ignore_ascii_case(first)).unwrap_or_default())
    }
}

impl From<String> for Language {
    fn from(tag: String) -> Self {
        tag.parse().unwrap_or_default()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.as_str().to_owned()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Letter({})", self.template())
    }
}

impl Letter {
    /// The letter's name in the ledger.
    pub const fn template(&self) -> &'static str {
        match self {
            Self::SignInCode { .. } => "sign-in-code",
            Self::ProveAddress { .. } => "prove-address",
            Self::AddressToMove { .. } => "address-to-move",
            Self::Welcome { .. } => "welcome",
            Self::ActivationLink { .. } => "activation-link",
            Self::Reminder { .. } => "reminder",
            Self::LinkExpired { .. } => "link-expired",
            Self::KeyNotice { .. } => "key-notice",
            Self::Assigned { .. } => "assigned",
            Self::Activated { .. } => "activated",
            Self::SetUpRefused { .. } => "set-up-refused",
            Self::Undone { .. } => "undone",
            Self::RemapProposed { .. } => "remap-proposed",
            Self::RemapDone { .. } => "remap-done",
            Self::RemapEnded { .. } => "remap-ended",
            Self::RevivalAnswered { .. } => "revival-answered",
            Self::JoinAsked { .. } => "join-asked",
            Self::JoinDecided { .. } => "join-decided",
            Self::JoinHandled { .. } => "join-handled",
            Self::JoinEnded { .. } => "join-ended",
            Self::PermissionAsked { .. } => "permission-asked",
            Self::PermissionReminder { .. } => "permission-reminder",
            Self::PermissionDigest { .. } => "permission-digest",
            Self::PermissionUndecided { .. } => "permission-undecided",
            Self::PermissionWithdrawn { .. } => "permission-withdrawn",
            Self::PermissionHandled { .. } => "permission-handled",
            Self::PermissionDecided { .. } => "permission-decided",
            Self::PermissionEnded { .. } => "permission-ended",
            Self::NobodyDecides { .. } => "nobody-decides",
            Self::GaveUp { .. } => "gave-up",
            Self::AdministratorChanged { .. } => "administrator-changed",
            Self::PermissionGiven { .. } => "permission-given",
            Self::PermissionTaken { .. } => "permission-taken",
            Self::GrantDenied { .. } => "grant-denied",
            Self::EndsSoon { .. } => "ends-soon",
            Self::InvitationEnded { .. } => "invitation-ended",
        }
    }
}
