//! Moves an activation to another account: one side's global administrator proposes, the other's agrees or declines (LINK-07).
//!
//! Naming an activation and an account gives no right to either. Whoever speaks for neither side gets one answer after the
//! same two reads, whether the activation is not there, open or in use, and whether or not there is such an account.

use api::{
    Code,
    activations::{Remap, Remapped},
};
use gateway::{
    ApiError, App, Conflict, Request, Response, Who,
    answer::{ok, refused},
    optimistic,
    request::RequestParts,
    session::WhoSlots,
};
use licensing::{
    AccountId,
    account::Account,
    activation::{Activation, Proposer, State, Step},
    limit::{TryAgainAt, span},
};
use store::{
    Batch, Failed, Write,
    activations::{ActivationContext, ActivationContextSlots},
    licences,
    marks::tally,
};

/// Minutes of a day.
const DAY: u32 = 24 * 60;

pub(crate) async fn remap(app: &App, request: &Request) -> Result<Response, ApiError> {
    let asked: Remap = request.json(app)?;
    optimistic!(app.store, async {
        let now = app.now();
        let seen = Seen::read(app, request, &asked).await?;
        let (activation, by) = seen.speaks(app, now)?;
        let name = seen.to.as_ref().map(|to| to.name.as_str()).unwrap_or_default();
        let step = activation.remap(by.clone(), &asked.account, name, "", now, &app.policy.links).map_err(refused)?;
        let mut also = seen.still(app, &by, matches!(step.after().account(), Some(on) if *on == asked.account));
        // Agreeing to what was proposed is not counted, nor can it be repeated.
        let counted = step.after().moves != activation.moves;
        let (day, end) = span(now, DAY);
        if counted {
            let most = app.policy.links.moves_a_day_a_person;
            for of in seen.counted(&by) {
                also.tally("moves", &app.store, &tally(&format!("moves#{of}"), day), most, now);
            }
        }
        match app.store.write_step(&step, seen.context.head.as_ref(), now, &app.policy.links, also).await {
            Ok(()) => Ok(ok(&seen.remapped(&step, &asked.account))),
            Err(Failed::Lost(lost)) if lost.part == "moves" => Err(Conflict::from(TryAgainAt(end))),
            Err(failed) => Err(failed.into()),
        }
    })
}

/// Declines a proposed move, or withdraws it: either side may.
pub(crate) async fn decline(app: &App, request: &Request) -> Result<Response, ApiError> {
    let asked: Remap = request.json(app)?;
    optimistic!(app.store, async {
        let now = app.now();
        let seen = Seen::read(app, request, &asked).await?;
        let (activation, by) = seen.speaks(app, now)?;
        let step = activation.decline_remap(&by, &asked.account, "", now, &app.policy.links).map_err(refused)?;
        let also = seen.still(app, &by, false);
        app.store.write_step(&step, seen.context.head.as_ref(), now, &app.policy.links, also).await?;
        Ok::<_, Conflict>(ok(&seen.remapped(&step, &asked.account)))
    })
}

/// Everything that moving depends on.
struct Seen {
    who: Who,
    context: ActivationContext,
    /// The account that it is on.
    from: Option<Account>,
    /// The account that is named.
    to: Option<Account>,
}

impl Seen {
    /// Two reads, whatever there is.
    async fn read(app: &App, request: &Request, asked: &Remap) -> Result<Self, ApiError> {
        let (who, slots) = (WhoSlots::of(app, request), ActivationContextSlots::new(&asked.licence, &asked.product));
        let to = licences::account(&asked.account);
        let mut batch = Batch::default().with(&to);
        who.add_to(&mut batch);
        slots.add_to(&mut batch);
        let got = batch.read(&app.store).await?;
        let (who, context, to) = (who.take(app, &got)?, slots.from(&got)?, got.get(&to)?);
        let on = context.activation.as_ref().and_then(Activation::account);
        let from = app.store.get(&licences::account(on.unwrap_or(&asked.account))).await?;
        Ok(Self { who, context, from, to })
    }

    /// The activation, and for which side the person speaks.
    fn speaks(&self, app: &App, now: licensing::Timestamp) -> Result<(&Activation, Proposer), ApiError> {
        let activation = self.context.activation.as_ref().ok_or(Code::NotAllowed)?;
        let proven = self.who.proven();
        let by = self.who.acting_as(self.from.iter().chain(&self.to).flat_map(Account::global_administrators));
        let (from, to, policy) = (self.from.as_ref(), self.to.as_ref(), &app.policy.links);
        if let Some(by) = activation.mover(&by, &proven, from, to, now, policy) {
            return Ok((activation, by));
        }
        // Who may activate it may know that it is not in use.
        let rights = self.context.rights(&proven, now);
        match activation.on_account() {
            None if activation.may_confirm(&proven, &rights) => Err(Code::NotActivated.into()),
            _ => Err(Code::NotAllowed.into()),
        }
    }

    /// Whoever speaks for an account must still be its global administrator when it is written; an account to which it is
    /// `moved` is kept from then on.
    fn still(&self, app: &App, by: &Proposer, moved: bool) -> Write {
        let (holds, receives) = match by {
            Proposer::Holder(_) => (true, false),
            Proposer::Receiver(_) => (false, true),
            Proposer::Both(_) | Proposer::Operator(_) => (true, true),
        };
        let (store, mut write) = (&app.store, Write::new());
        if let Some(from) = self.from.as_ref().filter(|_| holds) {
            write.check_version("account", store, &licences::account(&from.id), from.version);
        }
        match &self.to {
            Some(to) if moved => write.account_used("account", store, to),
            Some(to) if receives => write.check_version("account", store, &licences::account(&to.id), to.version),
            _ => {}
        }
        write
    }

    /// Whose moves are counted: the person's, and those of the account for which they speak.
    fn counted(&self, by: &Proposer) -> Vec<String> {
        let account = match by {
            Proposer::Receiver(_) => self.to.as_ref(),
            _ => self.from.as_ref(),
        };
        let account = account.map(|account| format!("account#{}", account.id));
        std::iter::once(format!("person#{}", self.who.profile.profile)).chain(account).collect()
    }

    /// What came of it. The account is named by its name only to who may know it: its own administrators, and those of
    /// another account of the same customer.
    fn remapped(&self, step: &Step, asked: &AccountId) -> Remapped {
        let customer = &step.after().customer;
        let proven = self.who.proven();
        let known = |to: &&Account| to.customer.as_ref() == Some(customer) || to.is_administered_by(&proven);
        let name = self.to.as_ref().filter(known).map_or_else(|| asked.to_string(), |to| to.name.clone());
        let done = matches!(&step.after().state, State::Activated(in_use) if in_use.account == *asked);
        Remapped { done, account_name: name }
    }
}
