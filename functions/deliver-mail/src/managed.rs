//! The letters about what Administrators do for others (APR-07, APR-08, ROLE-09). None stands in a licence's own list of emails:
//! it would tell who administers it.

use std::collections::BTreeSet;

use api::path::{part, value};
use gateway::App;
use licensing::{
    Address, Licence,
    access::{Deniable, Holder},
    event::{Event, GivenAs},
    request::Asked,
    roles::Role,
    when::day_of,
};
use mail::{Letter, OnLicence};
use store::{
    Error, people,
    standing::{Loaded, StandingSlots, holder},
};

use crate::{
    permission::customer_name,
    recipient::{Draft, to, unless_done},
};

/// What one of these events asks for; nothing where it is no longer so.
pub(crate) async fn drafts(app: &App, event: &Event) -> Result<Vec<Draft>, Error> {
    let (licence, address) = match event {
        Event::PermissionGiven { licence, to, .. }
        | Event::PermissionTaken { licence, to, .. }
        | Event::GrantDenied { licence, to, .. } => (licence, to),
        Event::EndsSoon { licence, address, .. } | Event::InvitationEnded { licence, address, .. } => {
            (licence, address)
        }
        _ => return Ok(vec![]),
    };
    let (held, owner, slots) = (holder(licence, address), people::owner(address), StandingSlots::of(licence));
    let read = |batch: store::Batch| {
        let mut batch = batch.with(&held).with(&owner);
        slots.add_to(&mut batch);
        batch
    };
    let Some(found) = unless_done(app, event, read).await? else { return Ok(vec![]) };
    let (Some(held), Some(loaded)) = (found.get(&held)?, slots.from(&found)?) else { return Ok(vec![]) };
    let customer = customer_name(app, &loaded.agreement().customer).await?;
    let of = OnLicence { licence: licence.clone(), customer, address: address.clone() };
    let known = Known { app, of, held: held.record, registered: found.get(&owner)?.is_some(), loaded };
    match event {
        Event::PermissionGiven { said, .. } => Ok(known.given(*said)),
        Event::PermissionTaken { keeps, here_only, .. } => Ok(known.taken(keeps, *here_only)),
        Event::GrantDenied { claim, undone, .. } => Ok(known.denied(*claim, *undone)),
        Event::EndsSoon { last, .. } => known.ends_soon(*last).await,
        Event::InvitationEnded { to: who, .. } => Ok(known.invitation_ended(who)),
        _ => Ok(vec![]),
    }
}

struct Known<'a> {
    app: &'a App,
    of: OnLicence,
    held: Holder,
    /// Whether somebody has proven the address.
    registered: bool,
    loaded: Loaded,
}

impl Known<'_> {
    /// What acts give now, with the invitation while it waits.
    fn given(self, said: GivenAs) -> Vec<Draft> {
        let now = self.app.now();
        let invitation = self.held.invitation.as_ref().filter(|it| !self.registered && !it.is_over(now));
        let invited_until = invitation.map(|invitation| invitation.ends_at);
        let given = self.held.given(now);
        let is_so = match said {
            GivenAs::Assigned => self.held.gave_up.is_none() || !given.is_empty(),
            GivenAs::Edited => true,
            GivenAs::InvitedAgain => invited_until.is_some(),
        };
        if !is_so {
            return vec![];
        }
        let page = if invited_until.is_some() { format!("{}/sign-in", self.app.site.base) } else { self.access_page() };
        let whose = self.of.address.clone();
        vec![to(&whose, Letter::PermissionGiven { of: self.of, given, said, invited_until, portal: page })]
    }

    /// Unless an act gave something since.
    fn taken(self, keeps: &BTreeSet<Role>, here_only: bool) -> Vec<Draft> {
        let is_so = if here_only {
            self.held.removed_here.is_some()
        } else {
            self.held.gave_up.is_some() && !self.held.gives_something()
        };
        if !is_so {
            return vec![];
        }
        let (portal, whose, keeps) = (self.request_page(), self.of.address.clone(), keeps.clone());
        vec![to(&whose, Letter::PermissionTaken { of: self.of, keeps, here_only, portal })]
    }

    fn denied(self, claim: bool, undone: bool) -> Vec<Draft> {
        let what = if claim { Deniable::Claim } else { Deniable::Orders };
        if self.held.is_denied(what) == undone {
            return vec![];
        }
        let portal = if undone { self.access_page() } else { self.request_page() };
        let whose = self.of.address.clone();
        vec![to(&whose, Letter::GrantDenied { of: self.of, claim, undone, portal })]
    }

    /// To whose it is, and to all Administrators: those can prolong it. What was prolonged since is not told.
    async fn ends_soon(self, last: licensing::Date) -> Result<Vec<Draft>, Error> {
        let now = self.app.now();
        let ends: Vec<Asked> = self.held.given(now);
        let ends: Vec<Asked> =
            ends.into_iter().filter(|part| part.until.is_some_and(|day| day_of(now) <= day && day <= last)).collect();
        if ends.is_empty() {
            return Ok(vec![]);
        }
        let (own_page, people_page) = (self.request_page(), self.people_page());
        let standing = self.app.store.with_all_above(self.loaded).await?.standing();
        let whose = self.of.address.clone();
        let letter = |own: bool| {
            let portal = if own { own_page.clone() } else { people_page.clone() };
            Letter::EndsSoon { of: self.of.clone(), ends: ends.clone(), own, portal }
        };
        let mut drafts = vec![to(&whose, letter(true))];
        let others = standing.administrators(now).into_iter().filter(|other| *other != whose);
        drafts.extend(others.map(|other| to(&other, letter(false))));
        Ok(drafts)
    }

    /// To who gave it, unless somebody gave something since.
    fn invitation_ended(self, who: &Address) -> Vec<Draft> {
        let ended = self.held.invitation.as_ref().map(|invitation| invitation.ended.clone()).unwrap_or_default();
        if ended.is_empty() {
            return vec![];
        }
        let portal = self.people_page();
        vec![to(who, Letter::InvitationEnded { of: self.of, ended, portal })]
    }

    fn request_page(&self) -> String {
        let Licence { programme, number } = &self.of.licence;
        format!("{}/request?programme={programme}&number={}", self.app.site.base, value(number.as_str()))
    }

    fn access_page(&self) -> String {
        self.page("access")
    }

    fn people_page(&self) -> String {
        self.page("licences")
    }

    fn page(&self, name: &str) -> String {
        let Licence { programme, number } = &self.of.licence;
        format!("{}/{name}/{}/{}", self.app.site.base, part(programme.as_str()), part(number.as_str()))
    }
}
