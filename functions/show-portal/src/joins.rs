//! Requests to join that wait for the reader's decision (ORG-04), and how things stand with an account that the reader does
//! not administer (LINK-03).

use std::collections::BTreeSet;

use api::joins::{JoinKey, JoinRow, Joining, Joins, JoinsOfAccount};
use futures_util::future::join_all;
use gateway::{ApiError, App, Request, Response, Who, answer};
use licensing::{
    AccountId, Address,
    account::Account,
    activation::Activation,
    join::{AskContext, Join},
};
use store::{Batch, BatchResult, Error, Slot, joins, licences};

use crate::facts::Facts;

/// Four steps: who is signed in, what they administer, those accounts, and the requests of each.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Response, ApiError> {
    let who = Who::of(app, request).await?;
    let proven = who.proven();
    let administered = join_all(proven.iter().map(|address| app.store.administered_by(address)));
    let (administered, touched) = tokio::join!(administered, who.touch(app));
    touched?;
    let mut ids: BTreeSet<AccountId> = BTreeSet::new();
    for rows in administered {
        ids.extend(rows?.into_iter().map(|row| row.account));
    }
    let slots: Vec<_> = ids.iter().map(licences::account).collect();
    let mut batch = Batch::default();
    for slot in &slots {
        batch.add(slot);
    }
    let got = batch.read(&app.store).await?;
    let accounts = slots.iter().filter_map(|slot| got.get(slot).transpose()).collect::<Result<Vec<Account>, _>>()?;
    let mine: Vec<Account> = accounts.into_iter().filter(|account| account.is_global_admin(&proven)).collect();

    let joins = join_all(mine.iter().map(|account| app.store.joins_of(&account.id))).await;
    let now = app.now();
    let mut of_accounts = Vec::new();
    for (account, joins) in mine.into_iter().zip(joins) {
        let mut waiting: Vec<Join> = joins?;
        waiting.retain(|join| join.state_at(now).is_pending() && join.by.profile != who.profile.profile);
        waiting.sort_by_key(|join| join.asked_at);
        of_accounts.push(JoinsOfAccount {
            requests: waiting.into_iter().map(row).collect(),
            id: account.id,
            name: account.name,
        });
    }
    Ok(answer::ok(&Joins { accounts: of_accounts }))
}

fn row(join: Join) -> JoinRow {
    JoinRow {
        key: JoinKey { account: join.account, asker: join.by.profile, number: join.generation },
        name: join.name,
        address: join.by.address,
        product_name: join.occasion.product_name,
        customer_name: join.occasion.customer_name,
        asked_at: join.asked_at.into(),
        ends_at: join.ends_at.into(),
    }
}

/// The customer's account, which the reader does not administer (LINK-03).
pub(crate) struct Joined {
    account: Slot<Account>,
    join: Slot<Join>,
}

impl Joined {
    /// None where there is none, or the reader administers it.
    pub(crate) fn of(facts: &Facts<'_>, linked: Option<&AccountId>) -> Option<Self> {
        let id = linked.filter(|id| !facts.administers.contains(*id))?;
        Some(Self { account: licences::account(id), join: joins::join(id, &facts.person.profile) })
    }

    /// Adds both to a batch.
    pub(crate) fn add_to(&self, batch: &mut Batch) {
        batch.add(&self.account);
        batch.add(&self.join);
    }

    /// How things stand before the reader: asking is offered to whoever may activate, also when a colleague has done so, and a
    /// request that waits is shown wherever the activation is. One read more, and none where there is nothing to say.
    pub(crate) async fn before(
        &self,
        facts: &Facts<'_>,
        activation: &Activation,
        got: &BatchResult,
        name: &str,
    ) -> Result<Option<Joining>, Error> {
        let is_theirs = |account: &Account| account.customer.as_ref() == Some(&activation.customer);
        let Some(account) = got.get(&self.account)?.filter(is_theirs) else { return Ok(None) };
        let may_ask = activation.may_ask_to_join(&facts.proven, &facts.rights, None, facts.now).is_ok();
        let waits = got.get(&self.join)?.is_some_and(|join| join.state_at(facts.now).is_pending());
        if account.is_administered_by(&facts.proven) || !(may_ask || waits) {
            return Ok(None);
        }
        let (before, failing) = facts.app.store.asking(&account, &facts.person.profile, facts.now).await?;
        let asking = AskContext { by: &facts.person, addresses: &facts.proven, name, account: &account, activation };
        let fails = |address: &Address| failing.contains(address);
        let joining = Joining::of(&asking, before.as_ref(), fails, facts.now, &facts.app.policy.joins);
        let ask_again_at = joining.ask_again_at.filter(|_| may_ask);
        Ok(Some(Joining { may_ask: joining.may_ask && may_ask, ask_again_at, ..joining }))
    }
}
