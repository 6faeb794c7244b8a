//! What a request shows to who may decide it: from the mailed link or the inbox, or after a decision (APR-02, APR-03).

use api::{
    Code, Problem,
    requests::{InspectRequest, MayDecide, RequestKey, RequestShown, RequestState, WhichRequest},
};
use gateway::{
    ApiError, App, Request, Response, Who,
    answer::{ok, request_refused},
    request::RequestParts,
    session::WhoSlots,
};
use licensing::{
    Address, Timestamp,
    access::{Action, Standing},
    request::{Decider, Deciding, Refused, Request as Permission, State},
};
use store::{
    Batch, licences,
    requests::{RequestContext, RequestSlots},
    standing::Loaded,
};

/// Two reads; one more for each level above, where the Licensing ID alone does not make the reader an Administrator. Opening the
/// link changes nothing, however often and by whom.
pub(crate) async fn inspect(app: &App, request: &Request) -> Result<Response, ApiError> {
    let InspectRequest { request: which } = request.json(app)?;
    let named = Named::of(app, which)?;
    let known = named.look(app, request).await?;
    let customer = known.customer_name(app).await?;
    Ok(ok(&known.shown(&named, &customer, app.now())?))
}

/// Which request is meant, and to whom its link was mailed.
pub(crate) struct Named {
    key: RequestKey,
    mailed_to: Option<Address>,
    slots: RequestSlots,
}

impl Named {
    pub(crate) fn of(app: &App, which: WhichRequest) -> Result<Self, ApiError> {
        let (key, mailed_to) = match which {
            WhichRequest::Portal(key) => (key, None),
            WhichRequest::Link(token) => {
                let opened = app.keys.links().open_permission(&token);
                let (licence, asker, number, to) = opened.map_err(|_| Code::BadLink)?;
                (RequestKey { licence, asker, number }, Some(to))
            }
        };
        Ok(Self { slots: RequestSlots::new(&key.licence, &key.asker), key, mailed_to })
    }

    /// Which of the person's requests was shown.
    pub(crate) const fn number(&self) -> u32 {
        self.key.number
    }

    /// Everything that the page and the decision depend on.
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
        let mut context = self.slots.from(&got)?;
        let (Some(permission), Some(loaded)) = (context.request.clone(), context.loaded.take()) else {
            return Err(self.nothing());
        };
        let now = app.now();
        let loaded = judged(app, loaded, &self.counting(who.as_ref()), now).await?;
        let standing = loaded.standing();
        let decider = self.decider(who.as_ref(), &permission, &standing, now);
        let levels = loaded.levels.len() - 1;
        let known = Known { decider, who, permission, standing, loaded, levels, context };
        // Whoever holds the link may see what became of the request; others, only if they decide there, or asked themselves.
        let decides = known.standing.who_may(&known.addresses(), Action::DecideRequests, now).is_ok();
        if self.mailed_to.is_some() || decides { Ok(known) } else { Err(request_refused(Refused::NotYours)) }
    }

    /// Nobody learns from the portal whether there is such a request on a Licensing ID that is not theirs.
    fn nothing(&self) -> ApiError {
        if self.mailed_to.is_some() { Code::BadLink.into() } else { request_refused(Refused::NotYours) }
    }

    /// The addresses that are looked for upwards: those of the session, or without one that which the link went to. That one being
    /// Administrator here must not hide that the person who is signed in is one by an agreement above.
    fn counting(&self, who: Option<&Who>) -> Vec<Address> {
        who.map_or_else(|| self.mailed_to.iter().cloned().collect(), Who::proven)
    }

    /// Who would decide: the person who is signed in if they are Administrator, else whoever holds the link. Who asked is always
    /// taken for who they are.
    fn decider(&self, who: Option<&Who>, permission: &Permission, standing: &Standing, now: Timestamp) -> Decider {
        let session = |who: &Who| {
            let proven = who.proven();
            let by = standing.who_may(&proven, Action::DecideRequests, now).ok().map(|(address, _)| address);
            Decider::Session(who.acting_as(by))
        };
        match (who, &self.mailed_to) {
            (Some(who), Some(to)) => {
                let counts = who.profile.profile == permission.by.profile
                    || standing.who_may(&who.proven(), Action::DecideRequests, now).is_ok();
                if counts { session(who) } else { Decider::Link(to.clone()) }
            }
            (Some(who), None) => session(who),
            (None, to) => Decider::Link(to.clone().unwrap_or_else(|| permission.by.address.clone())),
        }
    }
}

/// The Licensing ID as far up as it takes to find that one of the addresses decides: on it alone, or with what stands above.
async fn judged(app: &App, mut loaded: Loaded, addresses: &[Address], now: Timestamp) -> Result<Loaded, ApiError> {
    loop {
        if loaded.standing().who_may(addresses, Action::DecideRequests, now).is_ok() {
            return Ok(loaded);
        }
        let (next, more) = app.store.with_above(loaded).await?;
        loaded = next;
        if !more {
            return Ok(loaded);
        }
    }
}

/// What was read.
pub(crate) struct Known {
    pub(crate) decider: Decider,
    pub(crate) who: Option<Who>,
    pub(crate) permission: Permission,
    pub(crate) standing: Standing,
    pub(crate) loaded: Loaded,
    /// So many levels up was read, and is checked when a decision is written.
    pub(crate) levels: usize,
    pub(crate) context: RequestContext,
}

impl Known {
    /// The addresses that count for who decides.
    pub(crate) fn addresses(&self) -> Vec<Address> {
        match (&self.decider, &self.who) {
            (Decider::Session(_), Some(who)) => who.proven(),
            (decider, _) => vec![decider.address().clone()],
        }
    }

    pub(crate) async fn customer_name(&self, app: &App) -> Result<String, ApiError> {
        let customer = &self.loaded.agreement().customer;
        let known = app.store.get(&licences::customer(customer)).await?;
        Ok(known.map_or_else(|| customer.to_string(), |known| known.record.name.to_string()))
    }

    pub(crate) fn shown(&self, named: &Named, customer: &str, now: Timestamp) -> Result<RequestShown, ApiError> {
        self.shown_as(&self.permission, named, customer, now)
    }

    /// The request as it is shown; `permission` as it is now, or as it was just written.
    pub(crate) fn shown_as(
        &self,
        permission: &Permission,
        named: &Named,
        customer: &str,
        now: Timestamp,
    ) -> Result<RequestShown, ApiError> {
        let past = permission.past_of(named.number(), now).ok_or_else(forgotten)?;
        let colleague = permission.is_colleagues();
        // What strangers call themselves is shown to who decides once they have signed in, not to whoever opens an email.
        let sees_words = colleague || matches!(self.decider, Decider::Session(_));
        let is_newest = named.number() == permission.generation;
        let words = |text: &String| if sees_words && is_newest { text.clone() } else { String::new() };
        Ok(RequestShown {
            licence: permission.licence.clone(),
            customer_name: customer.to_owned(),
            number: named.number(),
            name: words(&permission.name),
            address: permission.by.address.clone(),
            colleague,
            comment: words(&permission.comment),
            state: RequestState::of(&past.state, &past.asked),
            asked_at: past.asked_at.into(),
            ends_at: past.state.is_pending().then(|| permission.ends_at.into()),
            ended_at: past.state.ended_at().map(Into::into),
            granted: match &past.state {
                State::Granted { granted, .. } => Some(granted.clone().into()),
                _ => None,
            },
            by_you: past.state.decided().is_some_and(|decided| is_same(&decided.by, &self.decider)),
            changed: !is_newest,
            may: self.may(permission, named, now),
            signed_in_as: self.who.as_ref().map(|who| who.session.address.clone()),
            asked: past.asked.into(),
        })
    }

    fn may(&self, permission: &Permission, named: &Named, now: Timestamp) -> MayDecide {
        let addresses = self.addresses();
        let deciding = Deciding {
            by: &self.decider,
            addresses: &addresses,
            standing: &self.standing,
            // Only known in the moment of the change.
            asker_has_address: true,
        };
        let may = |deny: bool| permission.may_be_decided(deny, named.number(), &deciding, now).is_ok();
        match (may(false), may(true)) {
            (true, _) => MayDecide::Decide,
            (_, true) => MayDecide::Deny,
            _ => MayDecide::Nothing,
        }
    }
}

fn forgotten() -> Problem {
    Problem::new(Code::LinkExpired).detail("That request has ended, and the person has asked again since.")
}

/// The same person, or the same link.
fn is_same(one: &Decider, other: &Decider) -> bool {
    match (one, other) {
        (Decider::Session(one), Decider::Session(other)) => one.profile == other.profile,
        (one, other) => one.address() == other.address(),
    }
}
