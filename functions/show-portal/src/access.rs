//! Who may do what on a Licensing ID, and why: the reader's own addresses, or for an Administrator any address (ROLE-06). The same
//! evaluation that decides.

use std::collections::BTreeSet;

use api::{
    Code, Problem,
    people::ends_sooner,
    requests::{AccessShown, AddressAccess, MustStay, RoleAccess, SourceAccess},
};
use gateway::{ApiError, App, Request, Response, answer, request::RequestParts, session::WhoSlots};
use licensing::{
    Address, Licence, Timestamp,
    access::{
        self, Action, By, Holder, Source, Standing,
        leaving::{self, Stays},
    },
    roles::Role,
};
use store::{
    Batch, BatchResult,
    licences::{self, Versioned},
    people,
    standing::{Loaded, StandingSlots, holder},
};

use crate::refusal::{as_if_loaded, nothing_there};

/// So many of the other Administrators are asked after: one who remains is enough.
const ASKED_AFTER: usize = 40;

/// Two steps, and one more for each level above. Who has nothing here, and may not see others, gets the same answer as for a
/// Licensing ID that is not loaded, after as many steps and calls.
pub(crate) async fn shown(app: &App, request: &Request, licence: &Licence) -> Result<Response, ApiError> {
    let other = match request.query("address") {
        None => None,
        Some(text) => Some(Address::typed(&text).map_err(|_| Problem::new(Code::BadField).field("address"))?),
    };
    let (who_slots, slots) = (WhoSlots::of(app, request), StandingSlots::of(licence));
    let mut batch = Batch::default();
    who_slots.add_to(&mut batch);
    slots.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let who = who_slots.take(app, &got)?;
    let (now, proven) = (app.now(), who.proven());
    let own = other.as_ref().is_none_or(|other| proven.contains(other));
    let Some(loaded) = slots.from(&got)? else {
        if own {
            let (read, touched) = tokio::join!(as_if_loaded(app, licence, &proven), who.touch(app));
            touched?;
            read?;
        }
        return Err(nothing_there(app, licence, None).await);
    };
    let loaded = app.store.with_all_above(loaded).await?;
    let standing = loaded.standing();
    let administers = standing.who_may(&proven, Action::ListUsers, now).is_ok();
    if !own && !administers {
        return Err(nothing_there(app, licence, Some(&loaded)).await);
    }
    let addresses = other.map_or(proven, |other| vec![other]);

    let read = Facts::read(app, &loaded, &standing, &addresses, now);
    let (facts, touched) = tokio::join!(read, who.touch(app));
    touched?;
    let facts = facts?;
    let mut shown = Vec::new();
    for address in &addresses {
        shown.extend(facts.of(&loaded, &standing, address, administers, own, now)?);
    }
    if shown.is_empty() && !administers {
        return Err(nothing_there(app, licence, Some(&loaded)).await);
    }
    let agreement = loaded.agreement();
    Ok(answer::ok(&AccessShown {
        licence: licence.clone(),
        customer_name: facts.customer_name,
        starts: agreement.starts,
        ends: agreement.ends,
        parent: agreement.parent.clone(),
        addresses: shown,
    }))
}

/// What was read of the addresses.
struct Facts {
    got: BatchResult,
    customer_name: String,
    /// Of the other Administrators, those who have proven their address.
    proven: BTreeSet<Address>,
}

impl Facts {
    async fn read(
        app: &App,
        loaded: &Loaded,
        standing: &Standing,
        addresses: &[Address],
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let customer = &loaded.agreement().customer;
        let mut batch = Batch::default().with(&licences::customer(customer));
        for level in &loaded.levels {
            for address in addresses {
                batch.add(&holder(&level.agreement.record.licence, address));
            }
        }
        let all = standing.administrators(now);
        let others: Vec<&Address> = all.iter().filter(|it| !addresses.contains(it)).take(ASKED_AFTER).collect();
        for other in &others {
            batch.add(&people::owner(other));
        }
        let got = batch.read(&app.store).await?;
        let name = got.get(&licences::customer(customer))?.map(|customer| customer.record.name.to_string());
        let mut proven = BTreeSet::new();
        for other in others {
            if got.get(&people::owner(other))?.is_some_and(|owner| owner.counts(now, &app.policy.addresses)) {
                proven.insert(other.clone());
            }
        }
        Ok(Self { got, customer_name: name.unwrap_or_else(|| customer.to_string()), proven })
    }

    /// What one address may do; none where there is nothing to say.
    fn of(
        &self,
        loaded: &Loaded,
        standing: &Standing,
        address: &Address,
        sees_names: bool,
        own: bool,
        now: Timestamp,
    ) -> Result<Option<AddressAccess>, ApiError> {
        let mut holders: Vec<Option<Versioned<Holder>>> = Vec::new();
        for level in &loaded.levels {
            holders.push(self.got.get(&holder(&level.agreement.record.licence, address))?);
        }
        let levels = loaded.levels_with(0, holders.iter().map(|holder| holder.as_ref().map(|holder| &holder.record)));
        let all = access::access(&levels, address, now);
        let here = holders.first().and_then(Option::as_ref).map(|holder| &holder.record);
        let gave_up = here.and_then(|holder| holder.gave_up.as_ref());
        if all.is_empty() && gave_up.is_none() {
            return Ok(None);
        }
        let roles = all.roles().map(|role| {
            let mut sources: Vec<String> = Vec::new();
            for given in all.sources_of(role) {
                let name = given.source.to_string();
                if !sources.contains(&name) {
                    sources.push(name);
                }
            }
            RoleAccess {
                role,
                sources,
                benefits: if role == Role::SoftwareAssuranceManager { all.benefits() } else { BTreeSet::new() },
                reservations: role == Role::OnlineServicesManager && all.reservations(),
                until: all.until(role),
                ends_sooner: ends_sooner(&all, role),
            }
        });
        let sources = access::explain(&levels, address, now).into_iter().map(|explained| {
            let grant = match &explained.source {
                Source::Assigned | Source::Migrated(_) => {
                    here.and_then(|holder| explained.gives.iter().find_map(|role| holder.assigned.roles.get(role)))
                }
                _ => None,
            };
            SourceAccess {
                source: explained.source.to_string(),
                gives: explained.gives,
                goes: explained.goes.roles,
                given_by: grant.filter(|_| sees_names).map(|grant| by(&grant.by)),
                given_at: grant.map(|grant| grant.at.into()),
            }
        });
        let remains = |other: &Address| self.proven.contains(other);
        let leaving = leaving::give_up(&levels, standing, address, remains, now);
        let (keeps, must_stay) = match leaving {
            Ok(leaving) => (leaving.keeps, None),
            Err(stays) => (BTreeSet::new(), Some(must_stay(stays))),
        };
        Ok(Some(AddressAccess {
            address: address.clone(),
            roles: roles.collect(),
            sources: sources.collect(),
            gave_up_at: gave_up.map(|gave_up| gave_up.at.into()),
            // Only whose address it is gives it up here.
            must_stay: if own { must_stay } else { Some(MustStay::Nothing) },
            keeps,
        }))
    }
}

/// Who gave something, as Administrators see it.
fn by(by: &By) -> String {
    match by {
        By::Row => "row".into(),
        By::Operator { name } => format!("operator:{name}"),
        By::Person { address, .. } => address.as_str().into(),
    }
}

fn must_stay(stays: Stays) -> MustStay {
    match stays {
        Stays::Contact(licensing::ContactName::Primary, 0) => MustStay::Primary,
        Stays::Contact(_, 0) => MustStay::Notices,
        Stays::Contact(..) => MustStay::Above,
        Stays::LastAdministrator => MustStay::LastAdministrator,
        Stays::Nothing => MustStay::Nothing,
    }
}
