//! Activates (LINK-04): one read, one transaction; of any number of concurrent confirmations exactly one activates, and
//! all others see its outcome.

use api::{
    Code, Problem,
    activations::{Choice, Confirm, Confirmed, Which},
};
use gateway::{
    ApiError, App, Conflict, Request, Response, Who,
    answer::{ok, refused_by},
    optimistic,
    request::{RequestParts, target},
    rights::rights,
    session::WhoSlots,
};
use licensing::{
    AccountId, ProductKind, Timestamp,
    account::Account,
    activation::{Activation, State, Step},
    rights::{Rights, viewers},
    seal::stored_hash,
};
use store::{
    Batch, Failed, Lost, Slot, Write,
    activations::{ActivationContext, ActivationContextSlots},
    licences,
    marks::{self, Answered},
};

use crate::preview::{is_linked, new_name};

pub(crate) async fn confirm(app: &App, request: &Request) -> Result<Response, ApiError> {
    let asked = ConfirmRequest::read(app, request)?;
    optimistic!(app.store, async {
        let mut known = asked.look(app, request).await?;
        known.judge(app).await?;
        if let Some(confirmed) = known.outcome_of_before(&asked)? {
            return Ok(ok(&confirmed));
        }
        let now = app.now();
        let (step, account) = known.decide(app, &asked, now)?;
        match known.write(app, &asked, &step, &account, now).commit(&app.store).await {
            Ok(()) => Ok(ok(&confirmed(step.after(), true).ok_or(Code::Internal)?)),
            Err(Failed::Lost(lost)) => {
                known.outcome_of_winner(&asked, &lost).map(|confirmed| ok(&confirmed)).ok_or(Conflict::Lost)
            }
            Err(failed) => Err(failed.into()),
        }
    })
}

/// What is asked, before anything is read.
struct ConfirmRequest {
    body: Confirm,
    licence: licensing::Licence,
    product: licensing::Sku,
    generation: Option<u32>,
    /// The hash of the idempotency key: names this request in what it writes.
    key: String,
    content: String,
    slots: ActivationContextSlots,
}

impl ConfirmRequest {
    fn read(app: &App, request: &Request) -> Result<Self, ApiError> {
        let body: Confirm = request.json(app)?;
        let key = request.text_header("idempotency-key").unwrap_or_default();
        if !(8..=128).contains(&key.len()) {
            return Err(Problem::new(Code::BadField)
                .field("Idempotency-Key")
                .detail("Send a header `Idempotency-Key` of 8 to 128 characters, a new one for each confirmation.")
                .into());
        }
        let (licence, product, generation) = target(app, &body.target)?;
        if let Choice::New(name) = &body.choice {
            new_name(name)?;
        }
        Ok(Self {
            slots: ActivationContextSlots::new(&licence, &product),
            content: stored_hash(&request.bytes()),
            key: stored_hash(key.as_bytes()),
            body,
            licence,
            product,
            generation,
        })
    }

    /// Everything that the decision depends on, in one read.
    async fn look(&self, app: &App, request: &Request) -> Result<Known, ApiError> {
        let who_slots = WhoSlots::of(app, request);
        let account_slot = match &self.body.choice {
            Choice::Existing(id) => Some(licences::account(id)),
            Choice::New(_) => None,
        };
        // The record is bound to the person; whoever is behind the cookie is only known once it is read, so the profile
        // that the cookie names stands for them. A cookie that is not valid ends the request before the record counts.
        let answered_slot = marks::answered(&who_slots.named(), "confirm", &self.key);
        let product_slot = licences::product(&self.product);
        let mut batch = Batch::default().with(&answered_slot).with(&product_slot);
        who_slots.add_to(&mut batch);
        self.slots.add_to(&mut batch);
        if let Some(slot) = &account_slot {
            batch.add(slot);
        }
        let got = batch.read(&app.store).await?;
        let (mut context, product) = (self.slots.from(&got)?, got.get(&product_slot)?);
        let by_endpoint = product.as_ref().is_some_and(|product| product.endpoint.is_some());
        context.activation =
            context.activation.map(|it| it.called(product.map(|product| product.record.name.to_string())));
        Ok(Known {
            who: who_slots.take(app, &got)?,
            context,
            account: account_slot.map(|slot| got.get(&slot)).transpose()?.flatten(),
            by_endpoint,
            answered: got.get(&answered_slot)?,
            answered_slot,
            rights: Rights::default(),
        })
    }
}

/// What was read.
struct Known {
    who: Who,
    context: ActivationContext,
    account: Option<Account>,
    /// Whether an endpoint sets the product up (LINK-11).
    by_endpoint: bool,
    answered: Option<Answered>,
    answered_slot: Slot<Answered>,
    /// What the person may do.
    rights: Rights,
}

impl Known {
    /// Finds out what the person may do: one read more where only an agreement above makes them an Administrator.
    async fn judge(&mut self, app: &App) -> Result<(), ApiError> {
        let proven = self.who.proven();
        let activation = self.context.activation.as_ref();
        let enough = |rights: &Rights| activation.is_none_or(|it| it.may_confirm(&proven, rights));
        self.rights = rights(app, &mut self.context.loaded, &proven, enough).await?;
        Ok(())
    }

    /// The outcome, if it is activated already: by this very request, or by another one.
    fn outcome_of_before(&self, asked: &ConfirmRequest) -> Result<Option<Confirmed>, ApiError> {
        if self.answered.as_ref().is_some_and(|answered| answered.content != asked.content) {
            return Err(Code::KeyReused.into());
        }
        let Some(activation) = &self.context.activation else { return Err(Code::NotAllowed.into()) };
        let outcome = self.outcome(asked, activation);
        // What this very request did was taken back since: doing it again is another request.
        if outcome.is_none() && self.answered.is_some() {
            return Err(Code::KeyReused.into());
        }
        Ok(outcome)
    }

    /// The outcome of whoever was faster, as the lost condition shows it: no further read.
    fn outcome_of_winner(&self, asked: &ConfirmRequest, lost: &Lost) -> Option<Confirmed> {
        let winner: Activation = if lost.part == "activation" { lost.stored()? } else { return None };
        self.outcome(asked, &winner)
    }

    fn outcome(&self, asked: &ConfirmRequest, activation: &Activation) -> Option<Confirmed> {
        let in_use = activation.on_account()?;
        let by_you =
            in_use.request == asked.key && in_use.by.as_ref().is_some_and(|by| by.profile == self.who.profile.profile);
        let may_know = by_you || activation.may_confirm(&self.who.proven(), &self.rights);
        may_know.then(|| confirmed(activation, by_you)).flatten()
    }

    fn decide(&self, app: &App, asked: &ConfirmRequest, now: Timestamp) -> Result<(Step, Account), ApiError> {
        let activation = self.context.activation.as_ref().ok_or(Code::NotAllowed)?;
        let proven = self.who.proven();
        let may = activation.may_be_confirmed(&proven, &self.rights, asked.generation, now);
        may.map_err(|refusal| refused_by(asked.generation, refusal))?;
        let viewers = viewers(&self.context.contacts);
        let wanted = activation.addressee().map(|to| &to.address).into_iter().chain(&viewers);
        let by = self.who.acting_as(wanted);
        let account = match &asked.body.choice {
            Choice::New(name) => {
                let id: AccountId = app.chance.name().parse().map_err(|_| Code::Internal)?;
                Account::create(id, &new_name(name)?, &activation.customer, &by.address)
                    .made_for(&asked.licence, &asked.product)
            }
            Choice::Existing(_) => {
                // One that is not there is answered like one that is somebody else's.
                let account = self.account.clone().ok_or(Code::AccountNotYours)?;
                if !account.is_administered_by(&proven) && !is_linked(&account, activation) {
                    return Err(Code::AccountNotYours.into());
                }
                account
            }
        };
        let step = activation
            .confirm(
                by,
                &proven,
                &self.rights,
                asked.generation,
                account.id.clone(),
                account.name.clone(),
                asked.key.clone(),
                self.by_endpoint,
                now,
                &app.policy.links,
            )
            .map_err(|refusal| refused_by(asked.generation, refusal))?;
        Ok((step, account))
    }

    fn write(&self, app: &App, asked: &ConfirmRequest, step: &Step, account: &Account, now: Timestamp) -> Write {
        let store = &app.store;
        let mut write = Write::new();
        write.step(store, step, now, &app.policy.links);
        let chain = licensing::audit::licence_chain(&asked.licence);
        write.audit(store, &chain, self.context.head.as_ref(), step.note().clone(), now);
        match &self.account {
            // Still administered by who confirms, at the moment of the change.
            Some(seen) => write.account_used("account", store, seen),
            None => write.account(store, None, account),
        }
        // Who confirms may still do so in the moment of the change.
        self.context.judged_by(&mut write, store);
        let answer =
            Answered { content: asked.content.clone(), version: step.after().version, at: now, answer: String::new() };
        write.answered(store, &self.answered_slot, &answer);
        write
    }
}

fn confirmed(activation: &Activation, by_you: bool) -> Option<Confirmed> {
    let in_use = activation.on_account()?;
    Some(Confirmed {
        which: Which { licence: activation.licence.clone(), product: activation.product.clone() },
        by_you,
        product_name: activation.product_name.clone(),
        account_name: in_use.account_name.clone(),
        quantity: activation.quantity,
        at: in_use.at.into(),
        undo_until: in_use.undo_until.map(Into::into),
        consumption: activation.kind == ProductKind::Consumption,
        provisioning: matches!(activation.state, State::Provisioning(_)),
    })
}
