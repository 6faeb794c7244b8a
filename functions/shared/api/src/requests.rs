//! Asking for permission on a Licensing ID, deciding, and giving up what one has (REQ, APR, PERM).

use std::collections::BTreeSet;

use licensing::{
    Address, Date, Licence, ProfileId,
    policy::RequestPolicy,
    request::{Asked, Nobody, Request, State},
    roles::{Benefit, Role},
    words::typed_address,
};
use serde::{Deserialize, Serialize};

use crate::{Instant, exact_licence};

/// Roles, with what comes with them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// The roles.
    pub roles: BTreeSet<Role>,
    /// With Software Assurance Manager: the benefits.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub benefits: BTreeSet<Benefit>,
    /// With Online Services Manager: the permission to reserve.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reservations: bool,
    /// Until the end of which day; none: without an end (ROLE-09).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// Asks for permission (REQ-01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskPermission {
    /// On which Licensing ID. It need not be known (REQ-02).
    #[serde(deserialize_with = "exact_licence")]
    pub licence: Licence,
    /// The address of the reader's own that is to have the roles; none: the one of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// For what.
    pub asked: Roles,
    /// What they say of it, at most 1,000 characters, may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

/// Names a Licensing ID of the reader's: to take a request back, to have others reminded, to give it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnLicence {
    /// Which.
    #[serde(deserialize_with = "exact_licence")]
    pub licence: Licence,
}

/// Gives a Licensing ID up (PERM-02).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiveUp {
    /// Which.
    #[serde(deserialize_with = "exact_licence")]
    pub licence: Licence,
    /// For which address of the reader's.
    #[serde(deserialize_with = "typed_address")]
    pub address: Address,
}

/// What was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenUp {
    /// Which.
    pub licence: Licence,
    /// For which address.
    pub address: Address,
    /// What the address still may do, because it stands in an agreement above.
    pub keeps: BTreeSet<Role>,
}

/// The reader's own requests, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MyRequests {
    /// The requests.
    pub requests: Vec<PermissionRequest>,
    /// So many of them wait; a person has so many at most.
    pub pending: u32,
    /// That most.
    pub most: u32,
}

/// The reader's own request. Who decides is not told (REQ-03), and an outsider learns dates only (REQ-02, REQ-04).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermissionRequest {
    /// On which Licensing ID.
    pub licence: Licence,
    /// The address that is to have the roles.
    pub address: Address,
    /// For what.
    pub asked: Roles,
    /// What they said of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// How far it has come.
    pub state: RequestState,
    /// Since when.
    pub asked_at: Instant,
    /// It ends then if nobody decides.
    pub ends_at: Instant,
    /// So many Administrators were written to; none while that is not known, and for outsiders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_to: Option<u32>,
    /// Nobody can decide, for this reason. Outsiders are not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nobody: Option<Nobody>,
    /// When those who decide are reminded; none once they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder_at: Option<Instant>,
    /// When the notices contact learns that nobody decided; none once it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided_at: Option<Instant>,
    /// From when on the reader may have others reminded, once; none where they did, or it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_from: Option<Instant>,
    /// When it was decided, withdrawn, or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// What was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<Roles>,
    /// What the Administrator said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestState {
    /// Nobody has decided yet.
    Pending,
    /// All was granted.
    Granted,
    /// A part was granted.
    GrantedInPart,
    /// Nothing was granted.
    Denied,
    /// Taken back by who asked.
    Withdrawn,
    /// The same person asked for something else instead.
    Replaced,
    /// Nobody decided in time.
    Ended,
    /// The agreement ended.
    EndedWithAgreement,
}

/// Names a request to who decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhichRequest {
    /// A mailed link's token.
    Link(String),
    /// From the inbox.
    Portal(RequestKey),
}

/// Names a request in the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestKey {
    /// On which Licensing ID.
    #[serde(deserialize_with = "exact_licence")]
    pub licence: Licence,
    /// Who asks.
    pub asker: ProfileId,
    /// Which of the person's requests: what was shown (APR-03).
    pub number: u32,
}

/// Shows a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InspectRequest {
    /// Which.
    pub request: WhichRequest,
}

/// Decides (APR-01). A decision has no default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    /// On which request.
    pub request: WhichRequest,
    /// What.
    pub decision: RequestDecision,
    /// A line to who asked, at most 200 characters, may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// What is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestDecision {
    /// Nothing is granted. A mailed link is enough. `true`, always.
    Deny(bool),
    /// This is granted: all, or a part. Needs the Administrator's session.
    Grant(Roles),
}

/// What a mailed link's page and the inbox show of a request (APR-02), and what a decision led to (APR-03).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestShown {
    /// On which Licensing ID.
    pub licence: Licence,
    /// Its customer.
    pub customer_name: String,
    /// Which of the person's requests.
    pub number: u32,
    /// The name on the profile of who asks; empty if there is none. An outsider's is shown after sign-in only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The address that is to have the roles.
    pub address: Address,
    /// Whether who asks belongs to the customer.
    pub colleague: bool,
    /// For what.
    pub asked: Roles,
    /// What they say of it. An outsider's is shown after sign-in only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// How far it has come.
    pub state: RequestState,
    /// Since when.
    pub asked_at: Instant,
    /// It ends then if nobody decides; none once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Instant>,
    /// When it was decided, withdrawn, or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// What was granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<Roles>,
    /// Whether the reader decided it.
    pub by_you: bool,
    /// The same person has asked for something else since: that is another request.
    pub changed: bool,
    /// What the reader may do.
    pub may: MayDecide,
    /// As whom the reader is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_as: Option<Address>,
}

/// What the reader of a request may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MayDecide {
    /// Grant and deny: signed in as an Administrator of the Licensing ID.
    Decide,
    /// Deny; to grant, sign in as an Administrator of the Licensing ID.
    Deny,
    /// Neither: it has ended, it is their own, or they are no Administrator any more.
    Nothing,
}

/// Requests that wait for the reader's decision (APR-01): colleagues' before outsiders', the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approvals {
    /// The requests.
    pub requests: Vec<ApprovalRow>,
    /// Pass this as `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One request that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRow {
    /// Names it.
    pub key: RequestKey,
    /// The Licensing ID's customer.
    pub customer_name: String,
    /// The name on the profile of who asks; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The address that is to have the roles.
    pub address: Address,
    /// Whether who asks belongs to the customer.
    pub colleague: bool,
    /// For what.
    pub asked: Roles,
    /// What they say of it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Since when.
    pub asked_at: Instant,
    /// It ends then if nobody decides.
    pub ends_at: Instant,
}

/// Who may do what on a Licensing ID, and why: of the reader, or for an Administrator of anybody (ROLE-06).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessShown {
    /// On which Licensing ID.
    pub licence: Licence,
    /// Its customer.
    pub customer_name: String,
    /// Its first day.
    pub starts: Date,
    /// Its last day.
    pub ends: Date,
    /// The agreement directly above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Licence>,
    /// Each address that was asked about: the reader's own that hold something here, or the one that was named.
    pub addresses: Vec<AddressAccess>,
}

/// What one address may do on a Licensing ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressAccess {
    /// Which.
    pub address: Address,
    /// Each role with its sources.
    pub roles: Vec<RoleAccess>,
    /// Each source with what would go without it.
    pub sources: Vec<SourceAccess>,
    /// When the address gave it up, or was removed; what is left is from acts since, and from above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gave_up_at: Option<Instant>,
    /// Why the reader can't give it up for this address; none: they can (PERM-03, ROLE-08).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub must_stay: Option<MustStay>,
    /// What would be left after giving it up.
    pub keeps: BTreeSet<Role>,
}

/// One role of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleAccess {
    /// Which.
    pub role: Role,
    /// Its sources, as import reports name them: `contact:primary`, `assigned`, `parent:select/1`.
    pub sources: Vec<String>,
    /// With Software Assurance Manager: the benefits.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub benefits: BTreeSet<Benefit>,
    /// With Online Services Manager: whether reservations come with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reservations: bool,
    /// The last day on which it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// What comes with it and ends before it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends_sooner: Vec<EndsSooner>,
}

/// Something that comes with a role and ends before it does (ROLE-09).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndsSooner {
    /// Which benefit; none: reservations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benefit: Option<Benefit>,
    /// The last day on which it counts.
    pub until: Date,
}

/// One source, and what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceAccess {
    /// As import reports name it.
    pub source: String,
    /// What it gives.
    pub gives: BTreeSet<Role>,
    /// What would be gone without it, because nothing else gives it.
    pub goes: BTreeSet<Role>,
    /// Who gave it: told to Administrators only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_by: Option<String>,
    /// When, where an act gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_at: Option<Instant>,
}

/// Why a Licensing ID can't be given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MustStay {
    /// Primary contact here.
    Primary,
    /// Notices contact here.
    Notices,
    /// Primary or notices contact of an agreement above.
    Above,
    /// The last Administrator.
    LastAdministrator,
    /// There is nothing to give up.
    Nothing,
}

impl From<Roles> for Asked {
    fn from(roles: Roles) -> Self {
        let Roles { roles, benefits, reservations, until } = roles;
        Self { roles, benefits, reservations, until }.tidy()
    }
}

impl From<Asked> for Roles {
    fn from(asked: Asked) -> Self {
        let Asked { roles, benefits, reservations, until } = asked;
        Self { roles, benefits, reservations, until }
    }
}

impl RequestState {
    /// Of a request's state; `asked` is what was asked for.
    pub fn of(state: &State, asked: &Asked) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Granted { granted, .. } => {
                let whole = Asked { until: None, ..granted.clone() } == Asked { until: None, ..asked.clone() };
                if whole { Self::Granted } else { Self::GrantedInPart }
            }
            State::Denied { .. } => Self::Denied,
            State::Withdrawn { .. } => Self::Withdrawn,
            State::Replaced { .. } => Self::Replaced,
            State::Ended { with_agreement: true, .. } => Self::EndedWithAgreement,
            State::Ended { .. } => Self::Ended,
        }
    }
}

impl PermissionRequest {
    /// A request before who asked.
    pub fn of(request: &Request, now: licensing::Timestamp, policy: &RequestPolicy) -> Self {
        let state = request.state_at(now);
        let pending = state.is_pending();
        let route = request.route.as_ref().filter(|route| route.colleague);
        // Outsiders are told the dates as they are for everybody, whoever decides or nobody (REQ-02).
        let reminder = licensing::when::add_days(request.asked_at, policy.reminder_days);
        let undecided = licensing::when::add_days(request.asked_at, policy.undecided_days);
        let to_come = |at: licensing::Timestamp| (pending && now < at && at < request.ends_at).then(|| at.into());
        let (reminder_at, undecided_at) = match route {
            Some(_) => (
                request.reminder_at(policy).filter(|_| pending).map(Into::into),
                request.undecided_at(policy).filter(|_| pending).map(Into::into),
            ),
            None => (to_come(reminder), to_come(undecided)),
        };
        Self {
            licence: request.licence.clone(),
            address: request.by.address.clone(),
            asked: request.asked.clone().into(),
            comment: request.comment.clone(),
            state: RequestState::of(&state, &request.asked),
            asked_at: request.asked_at.into(),
            ends_at: request.ends_at.into(),
            sent_to: route.filter(|route| route.nobody.is_none()).map(|route| route.sent_to),
            nobody: route.and_then(|route| route.nobody),
            reminder_at,
            undecided_at,
            remind_from: (pending && request.told.reminded_by_asker_at.is_none())
                .then(|| request.remindable_at(policy).into()),
            ended_at: state.ended_at().map(Into::into),
            granted: match &state {
                State::Granted { granted, .. } => Some(granted.clone().into()),
                _ => None,
            },
            message: state.decided().map(|decided| decided.message.clone()).unwrap_or_default(),
        }
    }
}
