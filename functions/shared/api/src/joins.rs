//! Asking to join an organisation account, and deciding on it (LINK-03, ORG-04).

use licensing::{
    AccountId, Address, ProfileId, Timestamp,
    account::AccountRole,
    join::{AskContext, AskOutcome, Join, Refused, State},
    limit::TryAgainAt,
    policy::JoinPolicy,
};
use serde::{Deserialize, Serialize};

use crate::{Instant, target::Target};

/// Asks to join the customer's account, on the way to an activation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskToJoin {
    /// What is to be activated.
    pub target: Target,
    /// Which account.
    pub account: AccountId,
}

/// Takes one's own request back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// For which account.
    pub account: AccountId,
}

/// How things stand between the reader and an account of the customer that they do not administer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joining {
    /// Which account.
    pub account: AccountId,
    /// Its name.
    pub account_name: String,
    /// The reader's newest request, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<MyRequest>,
    /// Whether asking would be taken now.
    pub may_ask: bool,
    /// Asking is taken again from then on; none where it would be taken now, or something else stands against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_again_at: Option<Instant>,
    /// None of its administrators can be reached by mail, so nobody would decide.
    pub nobody_decides: bool,
}

/// The reader's own request: who decides is not told (REQ-03).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MyRequest {
    /// How far it has come.
    pub state: JoinState,
    /// Since when.
    pub asked_at: Instant,
    /// It ends then if nobody decides.
    pub ends_at: Instant,
    /// When it was decided, withdrawn, or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// What the administrator said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JoinState {
    /// Nobody has decided yet.
    Pending,
    /// The person joined.
    Granted,
    /// The person did not join.
    Denied,
    /// Taken back by who asked.
    Withdrawn,
    /// Nobody decided in time.
    Ended,
}

/// Names a request to who decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhichJoin {
    /// A mailed link's token.
    Link(String),
    /// From the portal's list.
    Portal(JoinKey),
}

/// Names a request in the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinKey {
    /// Which account.
    pub account: AccountId,
    /// Who asks.
    pub asker: ProfileId,
    /// Which of the person's requests.
    pub number: u32,
}

/// What is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// They do not join. A mailed link is enough.
    Deny,
    /// They join as this. Needs the administrator's session.
    BillingAdministrator,
    /// They join as this. Needs the administrator's session.
    GlobalAdministrator,
}

/// Decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// On which request.
    pub request: WhichJoin,
    /// What.
    pub decision: Decision,
    /// A line to who asked, at most 200 characters, may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// What a mailed link's page shows (APR-02), and what a decision led to (APR-03).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinShown {
    /// The account.
    pub account_name: String,
    /// The name on the profile of who asks; empty if there is none, and until who decides has signed in.
    pub name: String,
    /// The address by which they ask.
    pub address: Address,
    /// What they want to put on the account …
    pub product_name: String,
    /// … and who bought it.
    pub customer_name: String,
    /// How far it has come.
    pub state: JoinState,
    /// As what they joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<AccountRole>,
    /// Since when.
    pub asked_at: Instant,
    /// It ends then if nobody decides; none once it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Instant>,
    /// When it was decided, withdrawn, or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Instant>,
    /// Whether the reader decided it.
    pub by_you: bool,
    /// What the reader may do.
    pub may: May,
    /// As whom the reader is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in_as: Option<Address>,
}

/// What the reader of a request may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum May {
    /// Grant and deny: signed in as a global administrator of the account.
    Decide,
    /// Deny; to grant it, sign in as a global administrator of the account.
    Deny,
    /// Neither: it has ended, it is their own, or they no longer administer the account.
    Nothing,
}

/// Requests that wait for the reader's decision, by account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joins {
    /// The accounts of which the reader is global administrator, those without requests included.
    pub accounts: Vec<JoinsOfAccount>,
}

/// Those of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinsOfAccount {
    /// Which account.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// The oldest first.
    pub requests: Vec<JoinRow>,
}

/// One request that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRow {
    /// Names it.
    pub key: JoinKey,
    /// The name on the profile of who asks; may be empty.
    pub name: String,
    /// The address by which they ask.
    pub address: Address,
    /// What they want to put on the account …
    pub product_name: String,
    /// … and who bought it.
    pub customer_name: String,
    /// Since when.
    pub asked_at: Instant,
    /// It ends then if nobody decides.
    pub ends_at: Instant,
}

impl JoinState {
    /// Of a request's state.
    pub const fn of(state: &State) -> Self {
        match state {
            State::Pending => Self::Pending,
            State::Granted { .. } => Self::Granted,
            State::Denied { .. } => Self::Denied,
            State::Withdrawn { .. } => Self::Withdrawn,
            State::Ended { .. } => Self::Ended,
        }
    }
}

impl MyRequest {
    /// A request before who asked.
    pub fn of(join: &Join, now: Timestamp) -> Self {
        let state = join.state_at(now);
        Self {
            state: JoinState::of(&state),
            asked_at: join.asked_at.into(),
            ends_at: join.ends_at.into(),
            ended_at: state.ended_at().map(Into::into),
            message: state.decided().map(|decided| decided.message.clone()).unwrap_or_default(),
        }
    }
}

impl Joining {
    /// What asking would do is found by asking: the rule itself is tried. `fails` says to whom mail is known to fail.
    pub fn of(
        asking: &AskContext<'_>,
        before: Option<&Join>,
        fails: impl Fn(&Address) -> bool,
        now: Timestamp,
        policy: &JoinPolicy,
    ) -> Self {
        let AskContext { account, .. } = *asking;
        let outcome = Join::ask(before.cloned(), asking, &fails, now, policy);
        Self {
            account: account.id.clone(),
            account_name: account.name.clone(),
            request: before.map(|join| MyRequest::of(join, now)),
            nobody_decides: !account.reaches_somebody(&fails),
            may_ask: matches!(outcome, Ok(AskOutcome::New(_))),
            ask_again_at: match outcome {
                Err(Refused::TooOften(TryAgainAt(at))) => Some(at.into()),
                _ => None,
            },
        }
    }
}
