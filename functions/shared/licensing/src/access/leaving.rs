//! Giving a Licensing ID up (PERM-02, PERM-03, ROLE-08): when it can't be, and what is left afterwards.

use std::collections::BTreeSet;

use super::{
    Access, Level, Standing, access,
    holder::{GivenUpBy, Holder},
    must_stay,
};
use crate::{
    roles::Role,
    when::Timestamp,
    words::{Address, ContactName},
};

/// Why an address can't give a Licensing ID up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stays {
    /// It is this contact, so many levels up (PERM-03).
    Contact(ContactName, usize),
    /// Nobody else is Administrator without an end and with a proven address (ROLE-08).
    LastAdministrator,
    /// There is nothing to give up.
    Nothing,
}

/// Whether somebody guards a Licensing ID: Administrator without an end. Whoever does counts once their address is proven
/// (ROLE-08).
pub fn guards(access: &Access) -> bool {
    access.has(Role::Administrator) && access.until(Role::Administrator).is_none()
}

/// What giving up leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// What the address holds afterwards.
    pub holder: Holder,
    /// What it may still do: what stands above gives it.
    pub keeps: BTreeSet<Role>,
}

/// Gives a Licensing ID up. `remains` says of another Administrator whether they have proven their address. The levels are all
/// there are, with what the address holds on each.
pub fn give_up(
    levels: &[Level<'_>],
    standing: &Standing,
    address: &Address,
    remains: impl Fn(&Address) -> bool,
    now: Timestamp,
) -> Result<Leaving, Stays> {
    let contacts = levels.iter().map(|level| level.contacts);
    if let Some((level, contact)) = must_stay(contacts, address) {
        return Err(Stays::Contact(contact, level));
    }
    let before = access(levels, address, now);
    let mut holder = levels.first().and_then(|level| level.holder).cloned().unwrap_or_default();
    holder.give_up(GivenUpBy::Oneself, now);
    let after = after(levels, &holder, address, now);
    if before.less(&after).is_empty() {
        return Err(Stays::Nothing);
    }
    if before.has(Role::Administrator) && !others(standing, address, now).iter().any(remains) {
        return Err(Stays::LastAdministrator);
    }
    Ok(Leaving { holder, keeps: after.roles().collect() })
}

/// What an address could still do after giving up: a preview.
pub fn after(levels: &[Level<'_>], holder: &Holder, address: &Address, now: Timestamp) -> Access {
    let mut levels = levels.to_vec();
    if let Some(level) = levels.first_mut() {
        level.holder = Some(holder);
    }
    access(&levels, address, now)
}

/// The other Administrators without an end: those who could guard the Licensing ID.
pub fn others(standing: &Standing, but: &Address, now: Timestamp) -> BTreeSet<Address> {
    let mut all = standing.administrators(now);
    all.retain(|address| address != but && guards(&standing.of(address, now)));
    all
}
