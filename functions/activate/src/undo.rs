//! Takes an activation back (LINK-07).

use api::{Code, activations::Which};
use gateway::{
    ApiError, App, Conflict, Request, Response, Who,
    answer::{ok, refused_by},
    optimistic,
    request::RequestParts,
    rights::rights,
};
use licensing::{
    account::Account,
    activation::{Activation, InUse, Setup, State, Step},
    rights::{Rights, viewers},
};
use store::{
    Batch, Error, Slot, Write,
    activations::ActivationContext,
    licences::{self, Administers, LinkedAccount},
    mails,
};

use crate::who_and_context;

/// Two reads, one transaction; one read for whoever may not. The account lies where the activation says, so it can't be read
/// with it.
pub(crate) async fn undo(app: &App, request: &Request) -> Result<Response, ApiError> {
    let which: Which = request.json(app)?;
    let mut meant = None;
    optimistic!(app.store, async {
        let (who, mut context) = who_and_context(app, request, &which.licence, &which.product).await?;
        let activation = context.activation.take().ok_or(Code::NotAllowed)?;
        // Whoever was faster took it back as well, and it may be in use anew: that is not what was to be taken back.
        if meant.as_ref().is_some_and(|meant| !is_still(meant, &activation)) {
            return Ok(ok(&which));
        }
        let (step, mut also) = decide(app, &who, &activation, &mut context).await?;
        context.judged_by(&mut also, &app.store);
        let written = app.store.write_step(&step, context.head.as_ref(), app.now(), &app.policy.links, also).await;
        meant = in_use(activation);
        written?;
        Ok::<_, Conflict>(ok(&which))
    })
}

/// What taking it back makes of it, and what goes with it.
async fn decide(
    app: &App,
    who: &Who,
    activation: &Activation,
    context: &mut ActivationContext,
) -> Result<(Step, Write), ApiError> {
    let proven = who.proven();
    let by = who.acting_as(&viewers(&context.contacts));
    let enough = |rights: &Rights| activation.may_undo(&by, &proven, rights);
    let rights = rights(app, &mut context.loaded, &proven, enough).await?;
    let contacts = &context.contacts;
    let may = activation.may_undo(&by, &proven, &rights);
    let beside = if may { Beside::read(app, activation).await? } else { Beside::default() };
    let (now, policy, account) = (app.now(), &app.policy.links, beside.account.as_ref());
    let step = activation
        .undo(by, &proven, &rights, contacts, beside.mailed, account, now, policy)
        .map_err(|refusal| refused_by(None, refusal))?;
    let mut also = Write::new();
    if let Some(account) = account {
        also.account_gone(&app.store, account, &beside.links);
    }
    Ok((step, also))
}

/// What stands beside an activation that is taken back.
#[derive(Default)]
struct Beside {
    /// The account, where it was made for it and holds nothing else.
    account: Option<Account>,
    /// The customer's links to it.
    links: Vec<Slot<Administers>>,
    /// Whether a mail with its link was ever taken by the mail service: one that was confirmed first was not written. Asked of the
    /// ledger only where nothing else says so.
    mailed: bool,
}

impl Beside {
    async fn read(app: &App, activation: &Activation) -> Result<Self, Error> {
        let Some(in_use) = activation.on_account() else { return Ok(Self::default()) };
        let (account, linked) = (licences::account(&in_use.account), LinkedAccount::of(&activation.customer));
        let unsure = in_use.before.as_ref().filter(|invitation| !invitation.delivered);
        let to = unsure.map(|invitation| &invitation.to.address);
        let letters: Vec<_> = to
            .into_iter()
            .flat_map(|to| activation.link_events().map(|event| mails::letter(&mails::letter_id(&event, to))))
            .collect();
        let mut batch = Batch::default().with(&account);
        linked.add_to(&mut batch);
        for letter in &letters {
            batch.add(letter);
        }
        let got = batch.read(&app.store).await?;
        let mut mailed = false;
        for letter in &letters {
            mailed |=
                got.get(letter)?.is_some_and(|letter| letter.accepted_at.is_some() || letter.delivered_at.is_some());
        }
        let account = got.get(&account)?.filter(|it| it.goes_with(&activation.licence, &activation.product));
        Ok(Self { account, links: linked.links_to(&in_use.account, &got)?, mailed })
    }
}

fn in_use(activation: Activation) -> Option<InUse> {
    match activation.state {
        State::Activated(in_use) | State::Provisioning(Setup { in_use, .. }) => Some(in_use),
        _ => None,
    }
}

/// Whether it is in use as it was: since the same moment, by the same request, wherever it was moved to.
fn is_still(meant: &InUse, activation: &Activation) -> bool {
    activation.on_account().is_some_and(|now| (now.at, &now.request) == (meant.at, &meant.request))
}
