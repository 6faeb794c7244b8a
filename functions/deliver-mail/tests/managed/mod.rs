//! The letters about what Administrators do for others: to whom, once, and only while it is so.

use std::collections::BTreeMap;

use licensing::{
    access::{By, Deniable, Denied, GivenUpBy, Grant, Holder, Roster},
    event::GivenAs,
    roles::Role,
    when::add_days,
};
use store::{licences::Versioned, standing};

use super::{
    permission::{letters, only_to},
    *,
};

const LENA: &str = "lena";

async fn scene() -> Bench {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench
}

/// What the address holds from now on, as an Administrator makes it.
async fn hold(bench: &Bench, make: impl FnOnce(&mut Holder)) -> u64 {
    let address = at_contoso(LENA);
    let slot = standing::holder(&licence(), &address);
    let before: Option<Versioned<Holder>> = bench.store.get(&slot).await.expect("answers");
    let mut holder = before.as_ref().map(|before| before.record.clone()).unwrap_or_default();
    make(&mut holder);
    let loaded = bench.store.standing_of(&licence()).await.expect("answers").expect("it is loaded");
    let mut roster = loaded.roster().map_or_else(Roster::default, |roster| roster.record.clone());
    let mut write = Write::new();
    if roster.note(&address, &holder).expect("there is room") {
        write.roster(&bench.store, &licence(), loaded.roster(), &roster);
    }
    write.holder(&bench.store, loaded.agreement(), "Contoso", &address, before.as_ref(), &holder);
    write.commit(&bench.store).await.expect("it is written");
    before.map_or(0, |before| before.version) + 1
}

fn grant(bench: &Bench, until: Option<&str>) -> Grant {
    let by = By::Person { profile: "p".parse().expect("an id"), address: at_contoso("notices") };
    Grant { by, at: bench.app.now(), until: until.map(|day| day.parse().expect("a day")), scheme: None }
}

async fn give(bench: &Bench, until: Option<&str>) -> u64 {
    let (grant, now, policy) = (grant(bench, until), bench.app.now(), bench.app.policy.people.clone());
    hold(bench, |holder| {
        holder.assign([Role::Download], &[].into(), false, &grant);
        holder.invite([Role::Download], now, &policy);
    })
    .await
}

fn given(version: u64, said: GivenAs) -> Event {
    Event::PermissionGiven { licence: licence(), to: at_contoso(LENA), version, said }
}

fn text(bench: &Bench) -> String {
    bench.mails.sent().pop().expect("it was sent").rendered.text
}

/// APR-08 whoever is given something is told what, and invited where nobody has proven the address; sent again it goes out once
/// more. Once somebody registered, or the invitation is over, it is not sent again. The licence's own list shows nobody.
#[tokio::test]
async fn apr_08_who_is_given_something_is_welcomed_and_invited() {
    let bench = scene().await;
    let version = give(&bench, None).await;
    queue(&bench, &given(version, GivenAs::Assigned)).await;
    assert_eq!(letters(&bench).await, only_to("permission-given", [at_contoso(LENA)]));
    let said = text(&bench);
    assert!(said.contains("Download") && said.contains("/sign-in"), "{said}");
    queue(&bench, &given(version + 1, GivenAs::InvitedAgain)).await;
    assert_eq!(letters(&bench).await, only_to("permission-given", [at_contoso(LENA)]));
    assert!(bench.store.letters_of(&licence(), 10).await.expect("answers").is_empty());

    let lena = bench.signed_in(&["lena@contoso.example"]).await;
    drop(lena);
    queue(&bench, &given(version + 2, GivenAs::InvitedAgain)).await;
    assert_eq!(letters(&bench).await, BTreeMap::new());
    queue(&bench, &given(version + 3, GivenAs::Edited)).await;
    assert_eq!(letters(&bench).await, only_to("permission-given", [at_contoso(LENA)]));
    let said = text(&bench);
    assert!(!said.contains("/sign-in") && said.contains("/access/"), "{said}");
}

/// APR-07 whoever was removed is told, unless something was given again before the letter was written.
#[tokio::test]
async fn apr_07_who_was_removed_is_told_while_it_is_so() {
    let bench = scene().await;
    give(&bench, None).await;
    let now = bench.app.now();
    let version = hold(&bench, |holder| holder.give_up(GivenUpBy::Another, now)).await;
    let taken = |version| Event::PermissionTaken {
        licence: licence(),
        to: at_contoso(LENA),
        version,
        keeps: [].into(),
        here_only: false,
    };
    queue(&bench, &taken(version)).await;
    assert_eq!(letters(&bench).await, only_to("permission-taken", [at_contoso(LENA)]));
    let version = give(&bench, None).await;
    queue(&bench, &taken(version)).await;
    assert_eq!(letters(&bench).await, BTreeMap::new());
}

/// OPEN-08 a reseller whose set was denied is told, and told when that is undone.
#[tokio::test]
async fn open_08_a_denial_and_its_undoing_are_told() {
    let bench = scene().await;
    let (by, at) = (grant(&bench, None).by, bench.app.now());
    let denied = |version, undone| Event::GrantDenied {
        licence: licence(),
        to: at_contoso(LENA),
        version,
        claim: false,
        undone,
    };
    let undo_until = add_days(at, bench.app.policy.people.denial_undo_days);
    let version = hold(&bench, |holder| {
        holder.ordered(&"PO-1".parse().expect("an id"));
        holder.denied.insert(Deniable::Orders, Denied { by, at, undo_until });
    })
    .await;
    queue(&bench, &denied(version, true)).await;
    assert_eq!(letters(&bench).await, BTreeMap::new(), "it is denied still");
    queue(&bench, &denied(version + 1, false)).await;
    assert_eq!(letters(&bench).await, only_to("grant-denied", [at_contoso(LENA)]));
}

/// ROLE-09 what ends is told to whose it is and to all Administrators, who can prolong it; what was prolonged since is not.
#[tokio::test]
async fn role_09_what_ends_is_told_to_holder_and_administrators() {
    let bench = scene().await;
    give(&bench, Some("2026-12-01")).await;
    let soon =
        Event::EndsSoon { licence: licence(), address: at_contoso(LENA), last: "2026-12-01".parse().expect("a day") };
    queue(&bench, &soon).await;
    let told = [LENA, "notices", "primary"].map(at_contoso);
    assert_eq!(letters(&bench).await, only_to("ends-soon", told));

    let bench = scene().await;
    give(&bench, Some("2027-12-01")).await;
    queue(&bench, &soon).await;
    assert_eq!(letters(&bench).await, BTreeMap::new());
}

/// APR-08 whoever gave something is told when nobody registered in time, unless it was given again.
#[tokio::test]
async fn apr_08_who_invited_is_told_that_nobody_registered() {
    let bench = scene().await;
    give(&bench, None).await;
    bench.pass(30 * 24 * 3600);
    let now = bench.app.now();
    let version = hold(&bench, |holder| drop(holder.settle(None, now))).await;
    let ended = |version| Event::InvitationEnded {
        licence: licence(),
        address: at_contoso(LENA),
        version,
        to: at_contoso("notices"),
    };
    queue(&bench, &ended(version)).await;
    assert_eq!(letters(&bench).await, only_to("invitation-ended", [at_contoso("notices")]));
    let version = give(&bench, None).await;
    queue(&bench, &ended(version)).await;
    assert_eq!(letters(&bench).await, BTreeMap::new());
}

/// An event of each kind about somebody who holds nothing.
pub(crate) fn events_about_nothing() -> Vec<Event> {
    let (licence, to) = (licence(), at_contoso("asa"));
    let last = "2026-12-01".parse().expect("a day");
    let here_only = false;
    vec![
        given(1, GivenAs::Assigned),
        Event::PermissionTaken { licence: licence.clone(), to: to.clone(), version: 1, keeps: [].into(), here_only },
        Event::GrantDenied { licence: licence.clone(), to: to.clone(), version: 1, claim: true, undone: false },
        Event::EndsSoon { licence: licence.clone(), address: to.clone(), last },
        Event::InvitationEnded { licence, address: to.clone(), version: 1, to },
    ]
}
