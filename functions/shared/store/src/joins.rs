//! Requests to join an organisation account: beside the Licensing IDs, so that the sweep finds what falls due in one index.

use std::collections::BTreeSet;

use licensing::{
    AccountId, Address, ProfileId, Timestamp,
    account::Account,
    audit::{account_chain, profile_chain},
    join::{Join, Step},
};

use crate::{
    Batch, BatchResult, Error, Failed, Slot, Store, Table, Write,
    audit::{StoredHead, head},
    licences,
    read::Query,
    write::due_attributes,
};

/// No Licensing ID begins like this: no programme has a `#` in its name.
fn partition(account: &AccountId) -> String {
    format!("account#{account}")
}

/// The slot of a person's request to join an account.
pub fn join(account: &AccountId, asker: &ProfileId) -> Slot<Join> {
    Slot::new(Table::Licences, partition(account), Some(format!("join#{asker}")))
}

/// A request with what stands around it, as one read found it.
#[derive(Debug, Clone)]
pub struct JoinContext {
    /// The request.
    pub join: Option<Join>,
    /// The account.
    pub account: Option<Account>,
    /// The head of the account's audit chain.
    pub head: Option<StoredHead>,
    /// The head of the audit chain of who asks.
    pub asker_head: Option<StoredHead>,
}

/// Where a request and what stands around it are read from.
#[derive(Debug, Clone)]
pub struct JoinSlots {
    join: Slot<Join>,
    account: Slot<Account>,
    head: Slot<StoredHead>,
    asker_head: Slot<StoredHead>,
}

impl JoinSlots {
    /// Of this person's request to join this account.
    pub fn new(account: &AccountId, asker: &ProfileId) -> Self {
        Self {
            join: join(account, asker),
            account: licences::account(account),
            head: head(&account_chain(account)),
            asker_head: head(&profile_chain(asker)),
        }
    }

    /// Adds all to a batch.
    pub fn add_to(&self, batch: &mut Batch) {
        batch.add(&self.join);
        batch.add(&self.account);
        batch.add(&self.head);
        batch.add(&self.asker_head);
    }

    /// Takes all from what the batch found.
    pub fn from(&self, got: &BatchResult) -> Result<JoinContext, Error> {
        Ok(JoinContext {
            join: got.get(&self.join)?,
            account: got.get(&self.account)?,
            head: got.get(&self.head)?,
            asker_head: got.get(&self.asker_head)?,
        })
    }
}

impl Store {
    /// A request with what stands around it. One call.
    pub async fn join_context(&self, account: &AccountId, asker: &ProfileId) -> Result<JoinContext, Error> {
        let slots = JoinSlots::new(account, asker);
        let mut batch = Batch::default();
        slots.add_to(&mut batch);
        slots.from(&batch.read(self).await?)
    }

    /// What asking to join an account depends on: the person's request as it is, and to which of the account's global
    /// administrators mail is known to fail. One call.
    pub async fn asking(
        &self,
        account: &Account,
        asker: &ProfileId,
        now: Timestamp,
    ) -> Result<(Option<Join>, BTreeSet<Address>), Error> {
        let slot = join(&account.id, asker);
        let mut batch = Batch::default().with(&slot);
        for address in account.global_administrators() {
            batch.add(&licences::suppression(address));
        }
        let got = batch.read(self).await?;
        let mut failing = BTreeSet::new();
        for address in account.global_administrators() {
            if got.get(&licences::suppression(address))?.is_some_and(|reach| self.fails(&reach, now)) {
                failing.insert(address.clone());
            }
        }
        Ok((got.get(&slot)?, failing))
    }

    /// All requests to join an account, those that have ended included. A person has one, which the next one replaces, and only who
    /// may activate for the account's customer asks: there are as many as that customer ever had contacts, at most.
    pub async fn joins_of(&self, account: &AccountId) -> Result<Vec<Join>, Error> {
        self.all_understood(Query::of(Table::Licences, partition(account)).beginning_with("join#")).await
    }

    /// Writes a step with its audit entries and events, and the account with its new member where one joins: one
    /// transaction, with what else belongs to it. Who joins must still have the address by which they asked.
    pub async fn write_join(
        &self,
        step: &Step,
        context: &JoinContext,
        now: Timestamp,
        also: Write,
    ) -> Result<(), Failed> {
        let after = step.after();
        let (account, asker) = (&after.account, &after.by.profile);
        let mut write = also;
        let due = due_attributes(after.due_at(), &format!("{account}#{asker}"));
        write.put_version("join", self, &join(account, asker), after, step.seen(), due);
        match (step.admits(), step.judged_by()) {
            (Some(admitted), Some(seen)) => {
                write.admit(self, seen, admitted, &after.by.address);
                write.check_owner(self, &after.by.address, asker);
            }
            (None, Some(seen)) => write.check_version("account", self, &licences::account(account), seen),
            // An account that somebody asks to join does not go with what it was made for.
            (_, None) if after.state.is_pending() => {
                if let Some(asked) = context.account.as_ref().filter(|asked| asked.made_for.is_some()) {
                    write.account_used("account", self, asked);
                }
            }
            (_, None) => {}
        }
        write.audit(self, &account_chain(account), context.head.as_ref(), step.note().clone(), now);
        write.audit(self, &profile_chain(asker), context.asker_head.as_ref(), step.told_asker().clone(), now);
        write.events(self, step.events(), now);
        write.commit(self).await
    }
}
