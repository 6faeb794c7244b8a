//! `/manage/…/person`: one user of a licence: what they have, from where, and all that an Administrator can do about it (APR-07,
//! APR-08, PERM-03, ROLE-09). Who it is, and what is being done, stands in the query; what was filled in stays in this tab.

use api::{
    people::{DeniedShown, InvitationName, InviteAgain},
    requests::MustStay,
};
use leptos::prelude::*;
use licensing::{Address, Licence, access::Deniable};
use serde::{Deserialize, Serialize};

use super::{access, licences, manage};
use crate::{
    app::app,
    browser,
    client::{self, Answered},
    components::{
        Draw, Place, changing, element,
        form::Form,
        html::{
            actions, button_link, fact, facts, h1, h2, hint, inset, lead, line, lines, link, list, p, quiet_link,
            section, text,
        },
        load::{draw, loaded},
        person,
        person_change::{self, Wanted, person_path},
        roles, words,
    },
    json, messages as m,
    permissions::{People, PersonChange, PersonOutcome, PersonShown, Roles},
    route::{self, Managing, Route},
};

const KEPT: &str = "person-edit";

/// What was filled in for somebody, and the version of what they had then.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Draft {
    licence: Licence,
    address: Address,
    given: Vec<Roles>,
    seen: u64,
}

pub(crate) fn page(licence: Licence) -> AnyView {
    changing(move || {
        let said = |name: &str| app().query.with(|query| route::said(query, name)).unwrap_or_default();
        let (address, act, licence) = (said("address"), said("do"), licence.clone());
        match address.parse::<Address>() {
            Ok(address) => loaded(move || fetch(licence.clone(), address.clone(), act.clone())),
            Err(_) => {
                app().go_instead(&Route::Manage(licence, Managing::People).path());
                ().into_any()
            }
        }
    })
}

async fn fetch(licence: Licence, address: Address, act: String) -> Answered<Draw> {
    let (person, of) = manage::one(&licence, &address).await?;
    draw(move || match person {
        Some(person) => doing(licence, person, of, &act),
        None => nothing(&licence, &address),
    })
}

/// There is nothing to say of an address: what can be done is to give it something.
fn nothing(licence: &Licence, address: &Address) -> AnyView {
    vec![
        h1(address.as_str().to_owned()),
        p(m::PERSON_HAS_NOTHING.with(&[("licence", &words::licence(licence))])),
        hint(m::PERSON_HAS_NOTHING_HELP),
        actions(vec![button_link(add_path(licence, address), m::ASSIGN_PERMISSIONS), to_all(licence)]),
    ]
    .into_any()
}

fn add_path(licence: &Licence, address: &Address) -> String {
    let path = Route::Manage(licence.clone(), Managing::Add).path();
    client::with_query(&path, &route::query(&[("address", address.as_str())]))
}

fn to_all(licence: &Licence) -> AnyView {
    link(Route::Manage(licence.clone(), Managing::People).path(), m::TO_USERS)
}

/// What is asked for, as far as it is offered; else what they have.
fn doing(licence: Licence, person: PersonShown, of: People, act: &str) -> AnyView {
    let can = offered(&person, &of);
    let change = match act {
        "edit" if can.edit => return edit(licence, &person),
        "check" if can.edit => return edit_check(licence, person, of),
        "again" if !can.again.is_empty() => PersonChange::Edit(can.again),
        "remove" if can.remove => PersonChange::Remove,
        "inherit" if can.inherit => PersonChange::InheritAgain,
        "deny-orders" if can.deny.contains(&Deniable::Orders) => PersonChange::Deny(Deniable::Orders),
        "deny-claim" if can.deny.contains(&Deniable::Claim) => PersonChange::Deny(Deniable::Claim),
        "undo-orders" if can.undo.contains(&Deniable::Orders) => PersonChange::UndoDenial(Deniable::Orders),
        "undo-claim" if can.undo.contains(&Deniable::Claim) => PersonChange::UndoDenial(Deniable::Claim),
        _ => {
            let place = Place::new();
            place.show(move || shown(place, &licence, &person, &of, None));
            return place.view();
        }
    };
    person_change::page(Wanted::of(licence, person.address, change, of.above))
}

// ---- what they have ----

fn shown(place: Place, licence: &Licence, person: &PersonShown, of: &People, told: Option<String>) -> AnyView {
    // Whoever comes here begins anew.
    browser::keep(KEPT, "");
    let can = offered(person, of);
    let mut rows = vec![
        fact(m::LICENSING_ID, link(Route::Licence(licence.clone()).path(), words::licence(licence))),
        fact(m::ROLES, licences::or_dash(person::roles(person, words::until))),
        fact(m::WHY, licences::or_dash(person::why(person))),
        fact(m::STATE, lines(person::status(person))),
    ];
    let ended = person.invitation.as_ref().map(|invitation| &invitation.ended).filter(|ended| !ended.is_empty());
    rows.extend(
        ended.map(|ended| {
            fact(m::ENDED_WITH_INVITATION, licences::or_dash(ended.iter().flat_map(until_each).collect()))
        }),
    );
    rows.extend((!person.denied.is_empty()).then(|| fact(m::DENIED_TO_THEM, lines(denials(&person.denied)))));
    let mut parts = vec![h1(person.address.as_str().to_owned())];
    parts.extend(told.map(|told| {
        browser::focus(".told");
        element("div").class("inset told").set("tabindex", "-1").with(p(told)).view()
    }));
    parts.extend([facts(rows), line(vec![link(access::path_for(licence, &person.address), m::WHY_CAN_THEY)])]);
    parts.push(section(doable(place, licence, person, of, &can)));
    parts.push(actions(vec![quiet_link(Route::Manage(licence.clone(), Managing::People).path(), m::TO_USERS)]));
    parts.into_any()
}

fn denials(denied: &[DeniedShown]) -> Vec<AnyView> {
    let said = |it: &DeniedShown| {
        let sentence = match it.what {
            Deniable::Orders => m::DENIED_ORDERS,
            Deniable::Claim => m::DENIED_CLAIM,
        };
        text(sentence.with(&[("time", &browser::date_and_time(&it.undo_until.0))]))
    };
    denied.iter().map(said).collect()
}

/// What the reader can do about it, and why not where they can't.
fn doable(place: Place, licence: &Licence, person: &PersonShown, of: &People, can: &Offered) -> Vec<AnyView> {
    let mut parts = vec![h2(m::WHAT_YOU_CAN_DO)];
    if person.own {
        let own = Route::Access(licence.clone()).path();
        parts.extend([p(m::OWN_RIGHTS), actions(vec![link(own, m::WHY_CAN_I)])]);
        return parts;
    }
    let to = |act: &str| person_path(licence, person.address.as_str(), act);
    let mut ways = Vec::new();
    ways.extend((!can.again.is_empty()).then(|| button_link(to("again"), m::GIVE_AGAIN)));
    ways.extend(can.edit.then(|| button_link(to("edit"), m::EDIT_PERMISSIONS)));
    ways.push(quiet_link(add_path(licence, &person.address), m::ASSIGN_MORE));
    ways.extend(can.inherit.then(|| quiet_link(to("inherit"), m::INHERIT_YES)));
    for (what, deny, undo) in [
        (Deniable::Orders, ("deny-orders", m::DENY_ORDERS), ("undo-orders", m::UNDO_DENIAL_ORDERS)),
        (Deniable::Claim, ("deny-claim", m::DENY_CLAIM), ("undo-claim", m::UNDO_DENIAL_CLAIM)),
    ] {
        ways.extend(can.deny.contains(&what).then(|| quiet_link(to(deny.0), deny.1)));
        ways.extend(can.undo.contains(&what).then(|| quiet_link(to(undo.0), undo.1)));
    }
    ways.extend(can.remove.then(|| quiet_link(to("remove"), m::REMOVE)));
    parts.push(actions(ways));
    if can.invite {
        parts.push(invite(place, licence, person, of));
    }
    parts.extend(why_not(person, of).into_iter().map(hint));
    parts
}

/// What can't be done, why, and what helps (PERM-03).
fn why_not(person: &PersonShown, of: &People) -> Vec<m::Text> {
    let mut said = Vec::new();
    said.extend(match person.stays {
        Some(MustStay::Primary) => Some(m::THEY_STAY_PRIMARY),
        Some(MustStay::Notices) => Some(m::THEY_STAY_NOTICES),
        Some(MustStay::Above) => Some(m::THEY_STAY_ABOVE),
        Some(MustStay::LastAdministrator | MustStay::Nothing) | None => None,
    });
    let is_bounced = person.invitation.as_ref().is_some_and(|it| it.state == InvitationName::Bounced);
    said.extend(is_bounced.then_some(m::BOUNCED_HELP));
    said.extend((person.removed_here && !of.from_above).then_some(m::REMOVED_HERE_HELP));
    let only_others = person.given.is_empty() && !person.roles.is_empty();
    said.extend(only_others.then_some(m::NOTHING_TO_EDIT));
    said
}

fn offered(person: &PersonShown, of: &People) -> Offered {
    let now = browser::now();
    Offered::to(person, of.from_above, &browser::today(), |at| browser::millis(at) > now)
}

/// What is offered for somebody: what can't be done is not.
#[expect(clippy::struct_excessive_bools, reason = "each is a button")]
#[derive(Debug, PartialEq, Eq)]
struct Offered {
    edit: bool,
    /// What ended with the invitation, with what is there: given again in one step. Empty: nothing ended.
    again: Vec<Roles>,
    remove: bool,
    inherit: bool,
    invite: bool,
    deny: Vec<Deniable>,
    undo: Vec<Deniable>,
}

impl Offered {
    /// `today`: the present day in UTC; `lies_ahead`: of a point in time.
    fn to(person: &PersonShown, from_above: bool, today: &str, lies_ahead: impl Fn(&str) -> bool) -> Self {
        let other = !person.own;
        let has = |wanted: &str| other && person.sources.iter().any(|source| source == wanted);
        let can_undo = |it: &&DeniedShown| other && lies_ahead(&it.undo_until.0);
        let state = person.invitation.as_ref().map(|invitation| invitation.state);
        let waits =
            matches!(state, Some(InvitationName::Invited | InvitationName::Expired | InvitationName::NeverRegistered));
        // Whoever is named as primary or notices contact above reads here, and nobody here takes that.
        let removable = person.sources.iter().any(|source| !source.starts_with("above:"));
        Self {
            edit: other && !person.given.is_empty(),
            again: if other { again(person, today) } else { Vec::new() },
            remove: other && person.stays.is_none() && removable,
            inherit: other && person.removed_here && from_above,
            invite: other && waits && !person.roles.is_empty(),
            deny: [("order", Deniable::Orders), ("claim", Deniable::Claim)]
                .into_iter()
                .filter(|(source, _)| has(source))
                .map(|(_, what)| what)
                .collect(),
            undo: person.denied.iter().filter(can_undo).map(|it| it.what).collect(),
        }
    }
}

/// What ended with an invitation and what is there, by its ends; empty where nothing ended. What would be over by now is not given.
fn again(person: &PersonShown, today: &str) -> Vec<Roles> {
    let ended = person.invitation.iter().flat_map(|invitation| &invitation.ended);
    let ended: Vec<Roles> =
        ended.filter(|part| part.until.as_ref().is_none_or(|until| until.as_str() >= today)).cloned().collect();
    if ended.is_empty() { ended } else { person.given.iter().cloned().chain(ended).collect() }
}

/// The button that sends the invitation again. Where it was never sent, it is the first.
fn invite(place: Place, licence: &Licence, person: &PersonShown, of: &People) -> AnyView {
    let form = Form::new();
    let request = InviteAgain { licence: licence.clone(), address: person.address.clone(), above: of.above.clone() };
    // With one key, a lost answer is answered once more.
    let key = browser::random_key();
    let (licence, of) = (licence.clone(), of.clone());
    let never = person.invitation.as_ref().is_some_and(|it| it.state == InvitationName::NeverRegistered);
    let label = if never { m::INVITE } else { m::INVITE_AGAIN };
    form.view(vec![form.quiet_button(label)], move |_| {
        let inviting = client::invite_again(&request, &key);
        let (licence, of) = (licence.clone(), of.clone());
        let address = request.address.as_str().to_owned();
        form.send(async move {
            let outcome = inviting.await?;
            let Some(person) = outcome.after else { return Ok(()) };
            let until = person.invitation.as_ref().and_then(|invitation| invitation.ends_at.as_ref());
            let until = until.map(|at| browser::date_and_time(&at.0)).unwrap_or_default();
            let told = m::INVITED_DONE.with(&[("address", &address), ("time", &until)]);
            place.show(move || shown(place, &licence, &person, &of, Some(told)));
            Ok(())
        });
    })
}

// ---- editing ----

fn kept(licence: &Licence, address: &Address) -> Option<Draft> {
    let draft = browser::kept(KEPT).and_then(|text| json::read::<Draft>(&text));
    draft.filter(|draft| draft.licence == *licence && draft.address == *address)
}

fn edit(licence: Licence, person: &PersonShown) -> AnyView {
    let form = Form::new();
    let offered = roles::of(licence.programme);
    // What was filled in before counts, so that going back loses nothing.
    let draft = kept(&licence, &person.address);
    let held = roles::held(draft.as_ref().map_or(&person.given, |draft| &draft.given));
    let before = roles::held(&person.given);
    let address = person.address.clone();
    let seen = person.version;
    let mut about = vec![lead(m::EDIT_LEAD)];
    if person.sources.iter().any(|source| source != "assigned" && !source.starts_with("migrated:")) {
        about.push(p(m::EDIT_ONLY_GRANTED));
    }
    let parts = vec![
        h1(m::EDIT_TITLE.with(&[("address", address.as_str()), ("licence", &words::licence(&licence))])),
        about.into_any(),
        roles::each(form, m::ROLES, &offered, &held),
        actions(vec![form.button(m::GO_ON), quiet_link(person_path(&licence, address.as_str(), ""), m::CANCEL)]),
    ];
    form.view(parts, move |filled| {
        let chosen = roles::chosen_each(form, &filled, &offered, &before);
        if form.has_faults() {
            return;
        }
        let (licence, address) = (licence.clone(), address.clone());
        let path = person_path(&licence, address.as_str(), "check");
        browser::keep(KEPT, &json::written(&Draft { licence, address, given: roles::by_end(&chosen), seen }));
        app().go(&path);
    })
}

fn edit_check(licence: Licence, person: PersonShown, of: People) -> AnyView {
    let Some(draft) = kept(&licence, &person.address) else { return edit(licence, &person) };
    let change = person_path(&licence, person.address.as_str(), "edit");
    let said: Vec<String> = draft.given.iter().flat_map(until_each).collect();
    let notes = move |_: &PersonOutcome| {
        let wanted = list(said.iter().map(|said| text(said.clone())).collect());
        let change = link(change.clone(), m::CHANGE_ROLES);
        vec![inset(vec![p(m::EDIT_WANTED), wanted, line(vec![change])])]
    };
    // Nothing that was chosen is lost where it can't be done.
    let back = person_path(&licence, person.address.as_str(), "edit");
    person_change::page(Wanted {
        seen: Some(draft.seen),
        back,
        notes: Box::new(notes),
        done: || browser::keep(KEPT, ""),
        ..Wanted::of(licence, person.address, PersonChange::Edit(draft.given), of.above)
    })
}

/// The roles of a part, each with its last day.
fn until_each(part: &Roles) -> Vec<String> {
    let until = part.until.as_deref().map(words::until);
    let with_end = |said: String| match &until {
        Some(until) => m::UNTIL.with(&[("what", &said), ("until", until)]),
        None => said,
    };
    words::roles_said(part).into_iter().map(with_end).collect()
}

#[cfg(test)]
mod tests {
    use api::Instant;
    use licensing::roles::Role;

    use super::*;
    use crate::permissions::InvitationShown;

    const TODAY: &str = "2026-12-01";

    fn part(role: Role, until: Option<&str>) -> Roles {
        Roles { roles: vec![role], until: until.map(str::to_owned), ..Roles::default() }
    }

    fn somebody(sources: &[&str]) -> PersonShown {
        PersonShown {
            address: "a@b.example".parse().unwrap(),
            roles: vec![Role::Download],
            benefits: vec![],
            reservations: false,
            ends: vec![],
            sources: sources.iter().map(|&source| source.to_owned()).collect(),
            gave_up_at: None,
            version: 1,
            given: vec![part(Role::Download, None)],
            invitation: Some(InvitationShown { state: InvitationName::Registered, ends_at: None, ended: vec![] }),
            removed_here: false,
            denied: vec![],
            own: false,
            stays: None,
        }
    }

    fn invited(state: InvitationName, ended: &[Roles]) -> InvitationShown {
        InvitationShown { state, ends_at: Some(Instant(TODAY.into())), ended: ended.to_vec() }
    }

    fn offered(person: &PersonShown) -> Offered {
        Offered::to(person, true, TODAY, |at| at > TODAY)
    }

    /// PERM-02 PERM-03 what can't be done is not offered: nothing about oneself, no removal of who must stay.
    #[test]
    fn perm_03_what_cant_be_done_is_not_offered() {
        let all = offered(&somebody(&["assigned"]));
        assert!(all.edit && all.remove && !all.inherit && !all.invite && all.again.is_empty());
        let stays = PersonShown { stays: Some(MustStay::Notices), ..somebody(&["contact:notices", "assigned"]) };
        assert!(offered(&stays).edit && !offered(&stays).remove);
        let own = PersonShown {
            own: true,
            removed_here: true,
            denied: vec![DeniedShown { what: Deniable::Orders, undo_until: Instant("2026-12-05".into()) }],
            invitation: Some(invited(InvitationName::Expired, &[part(Role::Download, None)])),
            ..somebody(&["assigned", "order", "claim"])
        };
        let nothing = Offered {
            edit: false,
            again: vec![],
            remove: false,
            inherit: false,
            invite: false,
            deny: vec![],
            undo: vec![],
        };
        assert_eq!(offered(&own), nothing);
        let above = PersonShown { given: vec![], ..somebody(&["above:master/1"]) };
        assert_eq!(offered(&above), nothing);
        let administers_above = PersonShown { given: vec![], ..somebody(&["parent:master/1"]) };
        assert!(offered(&administers_above).remove && !offered(&administers_above).edit);
    }

    /// APR-07 whoever was removed here only, and what a reseller was denied, is offered back to whom it may be.
    #[test]
    fn apr_07_what_can_be_undone_is_offered() {
        let removed = PersonShown { removed_here: true, ..somebody(&[]) };
        assert!(offered(&removed).inherit);
        assert!(!Offered::to(&removed, false, TODAY, |_| true).inherit);
        let reseller = somebody(&["order", "claim"]);
        assert_eq!(offered(&reseller).deny, [Deniable::Orders, Deniable::Claim]);
        let denied = |day: &str| DeniedShown { what: Deniable::Orders, undo_until: Instant(day.into()) };
        let denied = PersonShown { denied: vec![denied("2026-12-05"), denied("2026-11-30")], ..somebody(&[]) };
        assert_eq!(offered(&denied).undo, [Deniable::Orders]);
    }

    /// APR-08 an invitation that waits or ended is sent again; what ended with it is given again with what is there, unless its
    /// own end is over.
    #[test]
    fn apr_08_an_ended_invitation_can_be_given_again() {
        let ended = [part(Role::Administrator, Some("2026-11-30")), part(Role::ProductKeys, Some("2027-05-31"))];
        let person =
            PersonShown { invitation: Some(invited(InvitationName::Expired, &ended)), ..somebody(&["assigned"]) };
        assert_eq!(offered(&person).again, [part(Role::Download, None), ended[1].clone()]);
        assert!(offered(&person).invite);
        let nothing_left = PersonShown { roles: vec![], given: vec![], ..person };
        assert!(!offered(&nothing_left).invite);
        assert_eq!(offered(&nothing_left).again, [ended[1].clone()]);
        let bounced =
            PersonShown { invitation: Some(invited(InvitationName::Bounced, &[])), ..somebody(&["assigned"]) };
        assert!(!offered(&bounced).invite);
    }

    /// ROLE-09 what is wanted is said with its ends.
    #[test]
    fn role_09_a_part_without_an_end_says_none() {
        assert_eq!(until_each(&part(Role::Download, None)), ["Download"]);
    }
}
