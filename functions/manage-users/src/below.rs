//! What an Administrator who goes leaves behind on the agreements below: how many of them would have nobody (ROLE-08).

use std::collections::{BTreeMap, BTreeSet};

use gateway::{ApiError, App};
use licensing::{
    Address,
    access::{Roster, Standing, leaving::guards},
    manage::{Changed, is_guarded, with_roster},
    roles::Role,
};
use store::{
    Batch,
    licences::Start,
    people,
    standing::{Loaded, StandingSlots},
};

use crate::look::Known;

/// So many of those below are looked at.
const MOST: usize = 200;

/// How many of the agreements directly below are guarded now and would not be, and whether there are more than were looked at.
/// Nothing is read where nobody goes who guards something. Three calls else: which there are, what they are, and whose the
/// addresses are that guard them.
pub(crate) async fn without(
    app: &App,
    known: &Known,
    address: &Address,
    changed: &Changed,
) -> Result<(u32, bool), ApiError> {
    let goes = guards(&changed.before) && !guards(&changed.after);
    let Some(roster) = changed.roster.as_ref().filter(|_| goes) else { return Ok((0, false)) };
    let most = i32::try_from(MOST).unwrap_or(i32::MAX);
    let parent = &known.loaded.agreement().licence;
    let (rows, more) = app.store.below(parent, Start::behind(None), most).await?;
    if rows.is_empty() {
        return Ok((0, false));
    }
    let slots: Vec<StandingSlots> = rows.iter().map(|row| StandingSlots::of(&row.licence)).collect();
    let mut batch = Batch::default();
    for slots in &slots {
        slots.add_to(&mut batch);
    }
    let got = batch.read(&app.store).await?;
    let mut children = Vec::new();
    for slots in &slots {
        let Some(mut child) = slots.from(&got)? else { continue };
        if child.agreement().parent.as_ref() == Some(parent) {
            child.levels.extend(known.loaded.levels.iter().cloned());
            children.push(child);
        }
    }
    let judged: Vec<(Standing, Standing)> = children.iter().map(|child| both(child, roster)).collect();
    let proven = proven_among(app, known, address, &judged).await?;
    let is_proven = |other: &Address| proven.contains(other);
    let lost = judged
        .iter()
        .filter(|(now, then)| is_guarded(now, is_proven, known.now) && !is_guarded(then, is_proven, known.now));
    Ok((u32::try_from(lost.count()).unwrap_or(u32::MAX), more))
}

/// A child as it is, and as it would be.
fn both(child: &Loaded, roster: &Roster) -> (Standing, Standing) {
    (child.standing(), with_roster(child.standing(), 1, roster))
}

/// Those who would guard one of them, as far as they have proven their address: a few are asked after for each, as one is enough.
async fn proven_among(
    app: &App,
    known: &Known,
    address: &Address,
    judged: &[(Standing, Standing)],
) -> Result<BTreeSet<Address>, ApiError> {
    const FOR_EACH: usize = 5;
    let mut asked: BTreeSet<Address> = BTreeSet::from([address.clone()]);
    for (_, then) in judged {
        let administrators = then.administrators(known.now).into_iter();
        let guarding = administrators.filter(|other| {
            let access = then.of(other, known.now);
            access.has(Role::Administrator) && guards(&access)
        });
        asked.extend(guarding.take(FOR_EACH));
    }
    let mut proven = known.known_proven();
    let mut batch = Batch::default();
    for other in &asked {
        batch.add(&people::owner(other));
    }
    let got = batch.read(&app.store).await?;
    let mut owners = BTreeMap::new();
    for other in asked {
        owners.insert(other.clone(), got.get(&people::owner(&other))?);
    }
    let counts = |owner: &Option<people::Owner>| {
        owner.as_ref().is_some_and(|owner| owner.counts(known.now, &app.policy.addresses))
    };
    proven.extend(owners.into_iter().filter(|(_, owner)| counts(owner)).map(|(address, _)| address));
    Ok(proven)
}
