//! Requests for permission: each beside its Licensing ID, with a row for each of those who decide, and a list for who asks.

use std::collections::BTreeSet;

use licensing::{
    AccountId, Address, CustomerId, Licence, ProfileId, Timestamp,
    account::Account,
    audit::{licence_chain, profile_chain},
    glance::GlanceChange,
    policy::RequestPolicy,
    request::{Nobody, Request, Step},
    seal::short_name,
    when::add_days,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    Batch, BatchResult, Error, Failed, Item, Slot, Store, Table, Write,
    activations::{OPERATORS_PARTS, operators, part_of},
    audit::{StoredHead, head},
    from_item, left_out, licences,
    licences::Versioned,
    optimistic,
    read::Query,
    standing::{Loaded, StandingSlots, holder},
    text,
    write::{due_attributes, expires},
};

/// The slot of a person's request on a Licensing ID.
pub fn request(licence: &Licence, asker: &ProfileId) -> Slot<Request> {
    Slot::new(Table::Licences, licence.key(), Some(format!("request#{asker}")))
}

/// Where a person asked, beside the profile: the newest of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedList {
    /// Each with when it was asked last.
    pub licences: Vec<AskedOn>,
    /// Rises with each change: the condition of the next write.
    pub version: u64,
}

/// That a person asked on a Licensing ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedOn {
    /// On which.
    pub licence: Licence,
    /// When, the last time.
    pub at: Timestamp,
    /// The request ends then, whatever becomes of it.
    pub ends_at: Timestamp,
}

/// A list names so many at most: the oldest go.
const LONGEST_LIST: usize = 60;

impl AskedList {
    /// With one more, or the same again.
    #[must_use]
    pub fn with(&self, licence: &Licence, at: Timestamp, ends_at: Timestamp) -> Self {
        let mut licences: Vec<AskedOn> = self.licences.iter().filter(|on| on.licence != *licence).cloned().collect();
        licences.push(AskedOn { licence: licence.clone(), at, ends_at });
        let forgotten = licences.len().saturating_sub(LONGEST_LIST);
        licences.drain(..forgotten);
        Self { licences, version: self.version + 1 }
    }

    /// Those whose time is not over, but for this one: they may still wait.
    pub fn may_wait<'a>(&'a self, but: &'a Licence, now: Timestamp) -> impl Iterator<Item = &'a AskedOn> {
        self.licences.iter().filter(move |on| on.licence != *but && now < on.ends_at)
    }
}

/// The slot of that list.
pub fn asked(profile: &ProfileId) -> Slot<AskedList> {
    Slot::new(Table::People, format!("profile#{profile}"), Some("asked".into()))
}

/// That a request waits for the decision of an address: a key, no right. What it says is copied, and read anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    /// On which Licensing ID.
    pub licence: Licence,
    /// Who asks.
    pub asker: ProfileId,
    /// Which of the person's requests.
    pub generation: u32,
    /// The customer's name when it was written.
    pub customer_name: String,
}

/// Colleagues' requests stand before outsiders', the oldest first (APR-01).
pub fn inbox(decider: &Address, request: &Request) -> Slot<Inbox> {
    let order = u8::from(!request.is_colleagues());
    let named = short_name(&format!("{}|{}", request.licence.key(), request.by.profile));
    let key = format!("inbox#{order}#{:012}#{named}#{}", request.asked_at.as_second(), request.generation);
    Slot::new(Table::Listings, decider.as_str(), Some(key))
}

/// The same row among those that operators see: nobody decides, or nobody decided for long (REQ-05, REQ-07). Those for Licensing
/// IDs that are not loaded stand apart, in the order in which they were asked: anybody can make hundreds of them.
fn seen_by_operators(request: &Request) -> Slot<Inbox> {
    let named = short_name(&format!("{}|{}", request.licence.key(), request.by.profile));
    let key = if is_for_unknown(request) {
        format!("{UNKNOWN}{:012}#{named}", request.asked_at.as_second())
    } else {
        format!("inbox#{named}")
    };
    Slot::new(Table::Listings, operators(part_of(&request.licence)), Some(key))
}

/// How the keys of rows begin that are for Licensing IDs that are not loaded.
const UNKNOWN: &str = "inbox-unknown#";

fn is_for_unknown(request: &Request) -> bool {
    request.route.as_ref().is_some_and(|route| route.nobody == Some(Nobody::Unknown))
}

/// What operators have to see of requests.
#[derive(Debug, Clone, Default)]
pub struct ForOperators {
    /// Those for Licensing IDs that are loaded.
    pub known: Vec<Request>,
    /// Of those for others the newest, the newest first.
    pub unknown: Vec<Request>,
    /// So many more of these are noted. Some of them may have ended by now.
    pub more_unknown: usize,
}

/// So many requests for Licensing IDs that are not loaded are shown to operators.
pub const UNKNOWN_SHOWN: usize = 50;

/// A request with what stands around it, as one read found it.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The request, ending with the agreement as that ends now (REQ-05).
    pub request: Option<Request>,
    /// The same as it is stored.
    stored: Option<Request>,
    /// The Licensing ID; none if it is not loaded.
    pub loaded: Option<Loaded>,
    /// The head of the Licensing ID's audit chain.
    pub head: Option<StoredHead>,
    /// The head of the audit chain of who asks.
    pub asker_head: Option<StoredHead>,
}

/// Where a request and what stands around it are read from.
#[derive(Debug, Clone)]
pub struct RequestSlots {
    request: Slot<Request>,
    standing: StandingSlots,
    head: Slot<StoredHead>,
    asker_head: Slot<StoredHead>,
}

impl RequestSlots {
    /// Of this person's request on this Licensing ID.
    pub fn new(licence: &Licence, asker: &ProfileId) -> Self {
        Self {
            request: request(licence, asker),
            standing: StandingSlots::of(licence),
            head: head(&licence_chain(licence)),
            asker_head: head(&profile_chain(asker)),
        }
    }

    /// Adds all to a batch.
    pub fn add_to(&self, batch: &mut Batch) {
        batch.add(&self.request);
        self.standing.add_to(batch);
        batch.add(&self.head);
        batch.add(&self.asker_head);
    }

    /// Takes all from what the batch found.
    pub fn from(&self, got: &BatchResult) -> Result<RequestContext, Error> {
        let (stored, loaded) = (got.get(&self.request)?, self.standing.from(got)?);
        let ends = loaded.as_ref().and_then(Loaded::ends_at);
        Ok(RequestContext {
            request: stored.clone().map(|request| request.followed(ends)),
            stored,
            loaded,
            head: got.get(&self.head)?,
            asker_head: got.get(&self.asker_head)?,
        })
    }
}

impl RequestContext {
    /// What the sweep does with the request at `now`, if anything.
    pub fn sweep(&self, now: Timestamp, policy: &RequestPolicy) -> Option<Step> {
        let ends = self.loaded.as_ref().and_then(Loaded::ends_at);
        self.stored.clone().and_then(|request| request.sweep_followed(ends, now, policy))
    }
}

/// What a grant writes besides the request.
#[derive(Debug, Clone)]
pub struct GrantContext {
    /// What the address holds now.
    pub holder: Option<Versioned<licensing::access::Holder>>,
    /// The customer's name.
    pub customer_name: String,
}

impl Store {
    /// A request with what stands around it. One call.
    pub async fn request_context(&self, licence: &Licence, asker: &ProfileId) -> Result<RequestContext, Error> {
        let slots = RequestSlots::new(licence, asker);
        let mut batch = Batch::default();
        slots.add_to(&mut batch);
        slots.from(&batch.read(self).await?)
    }

    /// The requests on a Licensing ID, those that have ended included: one a person who ever asked.
    pub async fn requests_of(&self, licence: &Licence) -> Result<Vec<Request>, Error> {
        self.all_understood(Query::of(Table::Licences, licence.key()).beginning_with("request#")).await
    }

    /// A page of the rows of what waits for an address, after the key `after`, each with its key.
    pub async fn inbox_of(
        &self,
        address: &Address,
        after: Option<&str>,
        limit: i32,
    ) -> Result<(Vec<(String, Inbox)>, bool), Error> {
        let query = Query { limit: Some(limit), ..Query::of(Table::Listings, address.as_str()) };
        let query = match after {
            None => query.beginning_with("inbox#"),
            Some(after) => {
                let from = text(format!("{after}\u{1}"));
                Query { sort: Some(("what", "#s BETWEEN :a AND :b", vec![from, text("inbox$")])), ..query }
            }
        };
        let (items, next) = self.query(&query).await?;
        Ok((keyed(items)?, next.is_some()))
    }

    /// The requests that operators have to see: nobody decides, or nobody decided for long (REQ-05, REQ-07). Rows are keys, read
    /// anew, many at a time: what has ended since is left out. Of the rows for Licensing IDs that are not loaded only the newest
    /// are followed.
    pub async fn requests_for_operators(&self, now: Timestamp) -> Result<ForOperators, Error> {
        let (mut known, mut unknown, mut count) = (Vec::new(), Vec::new(), 0);
        for part in 0..OPERATORS_PARTS {
            let of = |beginning: &str| Query::of(Table::Listings, operators(part)).beginning_with(beginning);
            known.extend(self.all_understood::<Inbox>(of("inbox#")).await?);
            let newest = Query { backwards: true, limit: i32::try_from(UNKNOWN_SHOWN).ok(), ..of(UNKNOWN) };
            let (items, next) = self.query(&newest).await?;
            count += if next.is_some() { self.count(of(UNKNOWN)).await? } else { items.len() };
            unknown.extend(keyed::<Inbox>(items)?);
        }
        unknown.sort_by(|(one, _), (other, _)| other.cmp(one));
        unknown.truncate(UNKNOWN_SHOWN);
        let more_unknown = count.saturating_sub(unknown.len());

        let unknown: Vec<Inbox> = unknown.into_iter().map(|(_, row)| row).collect();
        let mut batch = Batch::default();
        for row in known.iter().chain(&unknown) {
            batch.add(&request(&row.licence, &row.asker));
        }
        let got = batch.read(self).await?;
        let read = |rows: Vec<Inbox>, for_unknown: bool| {
            let mut all = Vec::new();
            for row in rows {
                let stored = got.get_understood(&request(&row.licence, &row.asker))?;
                all.extend(stored.filter(|it| {
                    it.needs_operators()
                        && it.state_at(now).is_pending()
                        && is_for_unknown(it) == for_unknown
                        && it.generation == row.generation
                }));
            }
            Ok::<_, Error>(all)
        };
        Ok(ForOperators { known: read(known, false)?, unknown: read(unknown, true)?, more_unknown })
    }

    /// The domains of a customer's account, where it is linked to one (the word *outsider*): two calls.
    pub async fn domains_of(&self, customer: &CustomerId) -> Result<BTreeSet<String>, Error> {
        let Some(linked): Option<AccountId> = self.linked_account(customer).await? else {
            return Ok(BTreeSet::new());
        };
        let account: Option<Account> = self.get(&licences::account(&linked)).await?;
        Ok(account.map(|account| account.domains.into_iter().map(|domain| domain.name).collect()).unwrap_or_default())
    }

    /// Makes what is due of a request, or follows the agreement's end: one read, one transaction on condition that the request is
    /// still as it was read. What it became, if anything.
    pub async fn sweep_request(
        &self,
        licence: &Licence,
        asker: &ProfileId,
        now: Timestamp,
        policy: &RequestPolicy,
    ) -> Result<Option<&'static str>, Error> {
        optimistic!(self, async {
            let context = self.request_context(licence, asker).await?;
            let Some(step) = context.sweep(now, policy) else { return Ok(None) };
            let mut write = Write::new();
            write.request(self, &step, &context, now, policy);
            write.commit(self).await?;
            Ok::<_, Failed>(Some(step.action()))
        })
    }

    /// Who asked on a Licensing ID and waits for a decision, where the request does not end as it would with an agreement that ends
    /// then. One query.
    pub async fn requests_to_follow(
        &self,
        licence: &Licence,
        agreement_ends: Option<Timestamp>,
    ) -> Result<Vec<ProfileId>, Error> {
        let all = self.requests_of(licence).await?.into_iter();
        let moved = all.filter(|request| request.clone().followed(agreement_ends).ends_at != request.ends_at);
        Ok(moved.map(|request| request.by.profile).collect())
    }

    /// What a grant to this address depends on. One call.
    pub async fn grant_context(&self, loaded: &Loaded, to: &Address) -> Result<GrantContext, Error> {
        let agreement = loaded.agreement();
        let slots = (holder(&agreement.licence, to), licences::customer(&agreement.customer));
        let got = Batch::default().with(&slots.0).with(&slots.1).read(self).await?;
        let name = got.get(&slots.1)?.map(|customer| customer.record.name.to_string());
        Ok(GrantContext {
            holder: got.get(&slots.0)?,
            customer_name: name.unwrap_or_else(|| agreement.customer.to_string()),
        })
    }

    /// Puts a request into the inboxes of those who decide, so many in one transaction. Writing it again changes nothing.
    pub async fn put_into_inboxes<'a>(
        &self,
        request: &Request,
        customer_name: &str,
        deciders: impl Iterator<Item = &'a Address>,
    ) -> Result<(), Error> {
        let row = Inbox {
            licence: request.licence.clone(),
            asker: request.by.profile.clone(),
            generation: request.generation,
            customer_name: customer_name.to_owned(),
        };
        let mut deciders = deciders.peekable();
        while deciders.peek().is_some() {
            let mut write = Write::new();
            for decider in deciders.by_ref().take(A_PART) {
                // The end may move out again, with the agreement's.
                let gone = expires(add_days(request.ends_at_the_latest(), 1));
                write.put(self, &inbox(decider, request), &row, vec![gone]);
            }
            match write.commit(self).await {
                Ok(()) => {}
                Err(Failed::Error(error)) => return Err(error),
                Err(Failed::Lost(_)) => return Err(Error::Busy),
            }
        }
        Ok(())
    }
}

/// Rows, each with its key; what is not understood is left out.
fn keyed<T: DeserializeOwned>(items: Vec<Item>) -> Result<Vec<(String, T)>, Error> {
    let rows = items.into_iter().filter_map(|item| {
        let key = item.get("what").and_then(|what| what.as_s().ok()).cloned().unwrap_or_default();
        let row = left_out(Table::Listings, from_item(item)).transpose()?;
        Some(row.map(|row| (key, row)))
    });
    rows.collect()
}

/// So many rows of inboxes are written together.
const A_PART: usize = 25;

impl Write {
    /// A step of a request with its audit entries and events. A Licensing ID that is not loaded has no audit.
    pub fn request(
        &mut self,
        store: &Store,
        step: &Step,
        context: &RequestContext,
        now: Timestamp,
        policy: &RequestPolicy,
    ) {
        let after = step.after();
        let (licence, asker) = (&after.licence, &after.by.profile);
        let due = due_attributes(after.due_at(policy), &format!("{licence}#{asker}"));
        self.put_version("request", store, &request(licence, asker), after, step.seen(), due);
        let for_operators = seen_by_operators(after);
        if after.needs_operators() {
            let customer = context.loaded.as_ref().map(|loaded| loaded.agreement().customer.to_string());
            let row = Inbox {
                licence: licence.clone(),
                asker: asker.clone(),
                generation: after.generation,
                customer_name: customer.unwrap_or_default(),
            };
            self.put(store, &for_operators, &row, vec![expires(add_days(after.ends_at_the_latest(), 1))]);
        } else if after.needed_operators() {
            self.delete(store, &for_operators);
        }
        if let Some(note) = step.note() {
            let mut glance = GlanceChange::default();
            glance.request(step.seen_counted(), after.is_counted());
            self.glance(licence_chain(licence), glance);
            self.audit(store, &licence_chain(licence), context.head.as_ref(), note.clone(), now);
        }
        if let Some(note) = step.told_asker() {
            self.audit(store, &profile_chain(asker), context.asker_head.as_ref(), note.clone(), now);
        }
        self.events(store, step.events(), now);
    }

    /// What a step grants: to the address by which it was asked, which must still be who asked's.
    pub fn granted(&mut self, store: &Store, step: &Step, loaded: &Loaded, grant: &GrantContext) -> GrantWritten {
        let Some(granted) = step.grants() else { return GrantWritten::Nothing };
        let by = &step.after().by;
        let after = granted.given_to(grant.holder.as_ref().map(|holder| &holder.record));
        let mut roster = loaded.roster().map(|roster| roster.record.clone()).unwrap_or_default();
        let Ok(changed) = roster.note(&by.address, &after) else { return GrantWritten::TooLong };
        self.holder(store, loaded.agreement(), &grant.customer_name, &by.address, grant.holder.as_ref(), &after);
        if changed {
            self.roster(store, &loaded.agreement().licence, loaded.roster(), &roster);
        }
        self.check_owner(store, &by.address, &by.profile);
        GrantWritten::Granted { roster: changed }
    }

    /// The list of where a person asked; what is stored must still be `before`.
    pub fn asked_list(&mut self, store: &Store, profile: &ProfileId, before: Option<&AskedList>, after: &AskedList) {
        let slot = asked(profile);
        self.put_version("asked", store, &slot, after, before.map(|before| before.version), vec![]);
    }
}

/// What a grant wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantWritten {
    /// The step grants nothing.
    Nothing,
    /// The holder, and the roster if it says so.
    Granted {
        /// Whether the roster was written.
        roster: bool,
    },
    /// The roster would be too long: nothing may be written.
    TooLong,
}
