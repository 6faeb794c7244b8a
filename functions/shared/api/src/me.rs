//! A person's own profile, addresses, sessions and licences (REG).

use licensing::{
    Address, Country, Licence, phase::Phase, proven::Force, rights::Role, running::Running, words::typed_address,
};
use serde::{Deserialize, Serialize};

use crate::{Instant, people::PersonShown};

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// By which address this session was begun.
    pub signed_in_as: Address,
    /// All proven addresses, the oldest first.
    pub addresses: Vec<MyAddress>,
    /// Addresses of other profiles that this person asked to have, the newest last (REG-09).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arriving: Vec<Arriving>,
    /// Addresses whose readers said that this person is not them, the oldest first: nothing is mailed there for this profile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedAddress>,
    /// The profile.
    pub profile: Profile,
    /// The organisation's country or region; none until it is confirmed (REG-06).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// This session ends then if nothing more is asked.
    pub session_ends: Instant,
}

/// One of a person's addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MyAddress {
    /// The address.
    pub address: Address,
    /// The same with its domain in its own letters, where that has others than ASCII.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_letters: Option<String>,
    /// Since when it is proven; none while the first link is on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven_at: Option<Instant>,
    /// While a link is on the way to it: until when that is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_ends: Option<Instant>,
    /// While a link is on the way to it: whether this session asked for it, so that link and code complete here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked_here: bool,
    /// Why it counts for nothing until it is confirmed again; none while it counts (REG-09).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm_again: Option<ConfirmAgain>,
    /// The move to another profile that waits (REG-09).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaving: Option<Leaving>,
}

/// Why a proven address counts for nothing until it is proven again (REG-09).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConfirmAgain {
    /// The proof is too old.
    Lapsed,
    /// Somebody who reads the mailbox asked to move it to their profile.
    MoveAsked,
}

impl ConfirmAgain {
    /// Why, if it has to be.
    pub const fn of(force: Force) -> Option<Self> {
        match force {
            Force::Counts => None,
            Force::Lapsed => Some(Self::Lapsed),
            Force::Doubted => Some(Self::MoveAsked),
        }
    }
}

/// An address of one's own that another profile asked to have (REG-09).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// The business address of that profile, masked.
    pub to: String,
    /// When it asked.
    pub asked_at: Instant,
    /// From then on it may take the address.
    pub moves_at: Instant,
}

/// An address that this person asked to have, and that another profile holds (REG-09).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arriving {
    /// The address.
    pub address: Address,
    /// The same with its domain in its own letters, where that has others than ASCII.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_letters: Option<String>,
    /// The business address of the profile that holds it, masked.
    pub from: String,
    /// When it was asked for.
    pub asked_at: Instant,
    /// From then on it can be taken.
    pub moves_at: Instant,
    /// And until then.
    pub ends_at: Instant,
    /// How far it has come.
    pub state: ArrivingState,
}

/// How far a move here has come (REG-09).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArrivingState {
    /// Its holder has notice.
    Waits,
    /// It can be taken.
    Ready,
    /// Its holder proved it again: it stays there.
    Stopped,
}

/// Takes an address that was asked for (REG-09).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakeAddress {
    /// The address.
    #[serde(deserialize_with = "typed_address")]
    pub address: Address,
}

/// An address whose reader said that they had not asked for the proof (REG-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedAddress {
    /// The address, masked; empty where only that there is one is known.
    pub address: String,
    /// Until then nothing is mailed there for this profile.
    pub until: Instant,
}

/// What a person says of themselves (REG-11).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// First name, at most 100 characters.
    #[serde(default)]
    pub first_name: String,
    /// Last name, at most 100 characters.
    #[serde(default)]
    pub last_name: String,
    /// `en` or `de`: of pages and mails.
    #[serde(default)]
    pub language: String,
    /// Phone, at most 40 characters, may be empty.
    #[serde(default)]
    pub phone: String,
}

/// Confirms the country (REG-06).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmCountry {
    /// Which.
    pub country: Country,
}

/// Adds an address (REG-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddAddress {
    /// The address.
    #[serde(deserialize_with = "typed_address")]
    pub address: Address,
    /// The same, typed again.
    #[serde(deserialize_with = "typed_address")]
    pub repeated: Address,
}

/// Removes an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveAddress {
    /// The address.
    #[serde(deserialize_with = "typed_address")]
    pub address: Address,
}

/// Proves an address (REG-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, try_from = "ProveFields")]
pub enum Prove {
    /// With the mailed link.
    Link {
        /// Its token.
        token: String,
    },
    /// With the six digits beside it, for whichever address they were mailed to.
    Code {
        /// The digits; spaces, dashes and other scripts' digits are taken.
        code: String,
    },
}

/// Read as fields first, so that a refusal names the one that does not fit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProveFields {
    token: Option<String>,
    code: Option<String>,
}

impl TryFrom<ProveFields> for Prove {
    type Error = &'static str;
    fn try_from(fields: ProveFields) -> Result<Self, Self::Error> {
        match fields {
            ProveFields { token: Some(token), code: None } => Ok(Self::Link { token }),
            ProveFields { token: None, code: Some(code) } => Ok(Self::Code { code }),
            ProveFields { token: Some(_), .. } => Err("not both field `code` and `token`"),
            ProveFields { token: None, .. } => Err("missing field `token`"),
        }
    }
}

/// A proof link was mailed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofMailed {
    /// To this address.
    pub address: Address,
    /// The same with its domain in its own letters, where that has others than ASCII.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_letters: Option<String>,
    /// The link is good until then.
    pub expires_at: Instant,
}

/// What a proof link's page shows (REG-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofShown {
    /// The address to be proven.
    pub address: Address,
    /// The same with its domain in its own letters, where that has others than ASCII.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_letters: Option<String>,
    /// The business address of the profile that asks: masked, but for that person. What they call themselves is not told:
    /// whoever reads the mailbox may never have heard of them.
    pub profile_address: String,
    /// Whether the profile has the address already, and would confirm it again (REG-09).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub renews: bool,
    /// What can be done with it.
    pub state: ProofState,
}

/// What can be done with a proof link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProofState {
    /// Prove it: this is the session that asked.
    Ready,
    /// Sign in first as the profile that asked.
    SignIn,
    /// Signed in, but as somebody else.
    OtherProfile,
    /// Signed in as the person who asked, but in another session than the one that asked: ask for a new mail here.
    AskAgain,
    /// It ran out, was used, or a newer one was mailed.
    Ended,
}

/// My sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    /// The newest first.
    pub sessions: Vec<Session>,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its name, to end it by.
    pub id: String,
    /// Whether it is this one.
    pub here: bool,
    /// Since when.
    pub since: Instant,
    /// The last request that was noted (every ten minutes at most).
    pub seen: Instant,
    /// By which address.
    pub address: Address,
    /// What the browser calls itself.
    pub browser: String,
}

/// Ends a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndSession {
    /// Which.
    pub id: String,
}

/// Those of a person's proven addresses to which mail does not go (SAFE-03).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailTroubles {
    /// The oldest address first.
    pub addresses: Vec<MailTrouble>,
}

/// Mail does not go to an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailTrouble {
    /// Which.
    pub address: Address,
    /// Why.
    pub why: WhyNoMail,
    /// Since when, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Instant>,
    /// When it is tried again by itself; none where somebody has to lift it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried_again_at: Option<Instant>,
}

/// Why mail does not go to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyNoMail {
    /// A mail bounced for good: nothing goes there.
    Bounced,
    /// A mail was marked as unwanted: only codes and proofs go there.
    Complained,
}

/// Has mail go to one of the person's addresses again (SAFE-03).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiftMail {
    /// Which.
    pub address: Address,
}

/// The licences on which a person holds roles, and why there are none if there are none (REG-14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licences {
    /// In order of the programme and the number.
    pub licences: Vec<MyLicence>,
    /// The addresses that were looked for.
    pub looked_for: Vec<Address>,
    /// The person's other addresses, which count for nothing until they are confirmed again (REG-09).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_looked_for: Vec<NotCounted>,
    /// Pass this as `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What there is on the licences whose activations a person sees (UI-03).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// So many Licensing IDs were counted.
    pub licences: u32,
    /// There are more that were not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
    /// Activations by state; states with none are left out.
    pub activations: Vec<PhaseCount>,
    /// Seats or units bought.
    pub bought: u64,
    /// Those in use.
    pub activated: u64,
    /// Requests that wait where the person is Administrator.
    pub requests: u64,
    /// Where open links end next, the soonest first: at most ten Licensing IDs.
    pub ends: Vec<NextEnd>,
}

/// How many activations are in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseCount {
    /// The state.
    pub state: Phase,
    /// How many.
    pub count: u64,
}

/// When links on a licence end next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextEnd {
    /// On which.
    pub licence: Licence,
    /// Whose.
    pub customer_name: String,
    /// When.
    pub at: Instant,
    /// How many links end then.
    pub count: u64,
}

/// An address of a person that counts for nothing until it is confirmed again (REG-09).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotCounted {
    /// Which.
    pub address: Address,
    /// Why.
    pub why: ConfirmAgain,
}

/// One licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MyLicence {
    /// Which.
    pub licence: Licence,
    /// Whose.
    pub customer_name: String,
    /// The roles.
    pub roles: Vec<Role>,
    /// Where they come from, each once: `contact:primary`, `assigned`, `parent:master/7` and so on, as in the access report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// Where something is looked for: what those of its products are called that have it in their name or key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<String>,
    /// As which contact, by which address.
    pub listed: Vec<(licensing::ContactName, Address)>,
    /// First day, `YYYY-MM-DD`.
    pub starts: String,
    /// Last day.
    pub ends: String,
    /// Whether it runs.
    pub state: Running,
    /// The agreement above, and the one above that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub above: Vec<Licence>,
    /// How many of those stand before it in the list, because the person has something of their own there: so far it is indented.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// One licence, as its page shows it (LIC-01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceShown {
    /// What lists show of it.
    #[serde(flatten)]
    pub mine: MyLicence,
    /// The people whom it names. Addresses of others are masked unless the reader may see who has which role.
    pub contacts: Vec<ContactShown>,
    /// The reseller of the newest order; none where no order names one, or the reader may not see orders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<String>,
    /// The agreements above that the reader may open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opens: Vec<Licence>,
    /// The first of those that stand directly below and give the reader something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub below: Vec<MyLicence>,
    /// Whether there are more than these.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more_below: bool,
    /// Whether the reader may see who has which role.
    pub lists_people: bool,
}

/// A contact of an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactShown {
    /// As what.
    pub contact: licensing::ContactName,
    /// Who: an address, masked where the reader may not see it.
    pub address: String,
    /// Whether it is one of the reader's own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// Whether the address gave the Licensing ID up, so that it is written to as if it were not named.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gave_up: bool,
}

/// The people of a Licensing ID (ROLE-06, APR-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// First who is named, then who holds something by an act, then who is Administrator from above.
    pub people: Vec<PersonShown>,
    /// What stands above, to be sent back with a change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub above: Vec<Licence>,
    /// Whether the reader is Administrator there, and may undo that somebody was removed here only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_above: bool,
    /// Pass this as `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Who publishes, and the numbers that pages name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The publisher.
    pub publisher: licensing::policy::Publisher,
    /// The policy's numbers, so that pages say what the system does.
    pub policy: licensing::Policy,
}
