//! What a request shows to who may decide it: from the mailed link, or after a decision (APR-02, APR-03).

use api::{
    Code, Problem,
    joins::{JoinKey, JoinShown, JoinState, May, WhichJoin},
    sign_in::LinkToken,
};
use gateway::{ApiError, App, Request, Response, Who, answer::ok, request::RequestParts, session::WhoSlots};
use licensing::{
    Address, Timestamp,
    account::{Account, AccountRole},
    join::{Decider, Deciding, Decision, Join, Refused, State},
};
use store::{
    Batch,
    joins::{JoinContext, JoinSlots},
};

/// One read. Opening the link changes nothing, however often and by whom.
pub(crate) async fn inspect(app: &App, request: &Request) -> Result<Response, ApiError> {
    let LinkToken { token } = request.json(app)?;
    let named = Named::of(app, WhichJoin::Link(token))?;
    let known = named.look(app, request).await?;
    Ok(ok(&known.shown(&named, app.now())?))
}

/// Which request is meant, and to whom its link was mailed.
pub(crate) struct Named {
    key: JoinKey,
    mailed_to: Option<Address>,
    slots: JoinSlots,
}

impl Named {
    pub(crate) fn of(app: &App, which: WhichJoin) -> Result<Self, ApiError> {
        let (key, mailed_to) = match which {
            WhichJoin::Portal(key) => (key, None),
            WhichJoin::Link(token) => {
                let opened = app.keys.links().open_join(&token);
                let (account, asker, number, to) = opened.map_err(|_| Code::BadLink)?;
                (JoinKey { account, asker, number }, Some(to))
            }
        };
        Ok(Self { slots: JoinSlots::new(&key.account, &key.asker), key, mailed_to })
    }

    /// Everything that the page and the decision depend on, in one read.
    pub(crate) async fn look(&self, app: &App, request: &Request) -> Result<Known, ApiError> {
        let who_slots = WhoSlots::of(app, request);
        let mut batch = Batch::default();
        who_slots.add_to(&mut batch);
        self.slots.add_to(&mut batch);
        let got = batch.read(&app.store).await?;
        let who = who_slots.optional(app, &got)?;
        // From the portal, nobody learns whether there is such a request without having signed in.
        if who.is_none() && self.mailed_to.is_none() {
            return Err(Code::SignInNeeded.into());
        }
        let context = self.slots.from(&got)?;
        let (Some(join), Some(account)) = (context.join.clone(), context.account.clone()) else {
            let asked_without_link = || gateway::answer::join_refused(Refused::NotYours);
            return Err(self.mailed_to.as_ref().map_or_else(asked_without_link, |_| Code::BadLink.into()));
        };
        let known = Known { decider: self.decider(who.as_ref(), &join, &account), who, join, account, context };
        // Whoever holds the link may see what became of the request; others, only if they administer the account.
        let sees = self.mailed_to.is_some() || known.account.is_global_admin(&known.addresses());
        if sees { Ok(known) } else { Err(gateway::answer::join_refused(Refused::NotYours)) }
    }

    /// Who would decide: the person who is signed in if they administer the account, else whoever holds the link. Who asked
    /// is always taken for who they are.
    fn decider(&self, who: Option<&Who>, join: &Join, account: &Account) -> Decider {
        match (who, &self.mailed_to) {
            (Some(who), Some(to)) => {
                let counts = who.profile.profile == join.by.profile || account.is_global_admin(&who.proven());
                if counts { session(who, account) } else { Decider::Link(to.clone()) }
            }
            (Some(who), None) => session(who, account),
            (None, to) => Decider::Link(to.clone().unwrap_or_else(|| join.by.address.clone())),
        }
    }

    /// Whether the link or row is about the person's newest request.
    pub(crate) fn is_newest(&self, join: &Join) -> bool {
        self.key.number == join.generation
    }
}

fn session(who: &Who, account: &Account) -> Decider {
    Decider::Session(who.acting_as(account.global_administrators()))
}

/// What was read.
pub(crate) struct Known {
    pub(crate) decider: Decider,
    pub(crate) who: Option<Who>,
    pub(crate) join: Join,
    pub(crate) account: Account,
    pub(crate) context: JoinContext,
}

impl Known {
    /// The addresses that count for who decides.
    pub(crate) fn addresses(&self) -> Vec<Address> {
        match (&self.decider, &self.who) {
            (Decider::Session(_), Some(who)) => who.proven(),
            (decider, _) => vec![decider.address().clone()],
        }
    }

    pub(crate) fn shown(&self, named: &Named, now: Timestamp) -> Result<JoinShown, ApiError> {
        self.shown_as(&self.join, named, now)
    }

    /// The request as it is shown; `join` as it is now, or as it was just written.
    pub(crate) fn shown_as(&self, join: &Join, named: &Named, now: Timestamp) -> Result<JoinShown, ApiError> {
        let number = named.key.number;
        let state = join.state_of(number, now).ok_or_else(forgotten)?;
        let asked_at =
            join.past.iter().find(|past| past.generation == number).map_or(join.asked_at, |past| past.asked_at);
        Ok(JoinShown {
            account_name: join.account_name.clone(),
            // What strangers call themselves is shown to who decides once they have signed in, not to whoever opens a mail.
            name: if matches!(self.decider, Decider::Session(_)) { join.name.clone() } else { String::new() },
            address: join.by.address.clone(),
            product_name: join.occasion.product_name.clone(),
            customer_name: join.occasion.customer_name.clone(),
            role: match &state {
                State::Granted { role, .. } => Some(*role),
                _ => None,
            },
            asked_at: asked_at.into(),
            ends_at: state.is_pending().then(|| join.ends_at.into()),
            ended_at: state.ended_at().map(Into::into),
            by_you: state.decided().is_some_and(|decided| is_same(&decided.by, &self.decider)),
            may: if named.is_newest(join) { self.may(join, now) } else { May::Nothing },
            state: JoinState::of(&state),
            signed_in_as: self.who.as_ref().map(|who| who.session.address.clone()),
        })
    }

    fn may(&self, join: &Join, now: Timestamp) -> May {
        let addresses = self.addresses();
        let deciding = Deciding {
            by: &self.decider,
            addresses: &addresses,
            account: &self.account,
            // Only known in the moment of the change.
            asker_has_address: true,
        };
        let grant = Decision::Grant(AccountRole::BillingAdministrator);
        match (join.may_be_decided(grant, &deciding, now), join.may_be_decided(Decision::Deny, &deciding, now)) {
            (Ok(()), _) => May::Decide,
            (_, Ok(())) => May::Deny,
            _ => May::Nothing,
        }
    }
}

fn forgotten() -> Problem {
    Problem::new(Code::LinkExpired).detail("That request expired, and the person has asked again since.")
}

/// The same person, or the same link.
fn is_same(one: &Decider, other: &Decider) -> bool {
    match (one, other) {
        (Decider::Session(one), Decider::Session(other)) => one.profile == other.profile,
        (one, other) => one.address() == other.address(),
    }
}
