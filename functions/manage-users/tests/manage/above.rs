//! What stands above: removed here only, and the agreements below that would have nobody.

use licensing::{ContactName, import::record::Agreement, judge::Contacts, manage};
use store::licences;

use super::*;

/// An agreement above Contoso's.
fn above() -> Licence {
    "select/4410872".parse().expect("a licence")
}

fn on(licence: Licence, address: &str, change: PersonChange) -> ChangePerson {
    ChangePerson { licence, ..of(address, change) }
}

/// Contoso with an agreement above it, which names these.
async fn below(contacts: &[(ContactName, &str)]) -> Bench {
    let bench = Bench::new().await;
    bench.contoso().await;
    let before = bench.store.get(&licences::agreement(&licence())).await.expect("answers").expect("it is stored");
    let contacts: Contacts = contacts.iter().map(|(name, who)| (*name, at_contoso(who))).collect();
    let parent = Agreement { licence: above(), loaded_contacts: contacts, parent: None, ..before.record.clone() };
    let child = Agreement { parent: Some(above()), ..before.record.clone() };
    let mut write = Write::new();
    write.agreement(&bench.store, None, &parent, "Contoso");
    write.agreement(&bench.store, Some(&before), &child, "Contoso");
    write.commit(&bench.store).await.expect("it is stored");
    bench
}

/// APR-07 whoever is Administrator only from above is removed here only. They don't come back by themselves, nor does another
/// below say so; an Administrator above does.
#[tokio::test]
async fn apr_07_who_is_administrator_from_above_is_removed_here_only() {
    let bench = below(&[(ContactName::OnlineAdministrator, "boss"), (ContactName::Notices, "legal")]).await;
    let notices = bench.signed_in(&[NOTICES]).await;
    let legal = bench.signed_in(&["legal@contoso.example"]).await;
    let boss = bench.signed_in(&["boss@contoso.example"]).await;
    let may = async |who: &str| {
        let standing = standing_now(&bench).await;
        standing.administrators(bench.app.now()).contains(&at_contoso(who))
    };
    assert!(may("boss").await);
    let (status, removed) = change(&bench, &notices, "boss@contoso.example", PersonChange::Remove).await;
    assert_eq!((status, &removed["loses"]["roles"]), (200, &json!(["administrator"])), "{removed}");
    assert_eq!(removed["after"]["removed_here"], true);
    assert!(!may("boss").await);
    let taken = Event::PermissionTaken {
        licence: licence(),
        to: at_contoso("boss"),
        version: 1,
        keeps: [].into(),
        here_only: true,
    };
    assert!(is_queued(&bench, &taken).await);
    agrees(&bench).await;

    let again = || PersonChange::InheritAgain;
    // Below it is not for them to say, and nobody undoes it for themselves.
    assert_eq!(change(&bench, &notices, "boss@contoso.example", again()).await.1["code"], "not-allowed");
    let own = change(&bench, &boss, "boss@contoso.example", again()).await;
    assert!((400..500).contains(&own.0), "{own:?}");
    assert!(!may("boss").await);
    let (status, back) = change(&bench, &legal, "boss@contoso.example", again()).await;
    assert_eq!((status, &back["after"]["removed_here"]), (200, &Value::Null), "{back}");
    assert!(may("boss").await);
    agrees(&bench).await;
    // Whoever is contact above can't be removed at all (PERM-03).
    assert_eq!(change(&bench, &notices, "legal@contoso.example", PersonChange::Remove).await.1["code"], "must-stay");
}

/// ROLE-08 before an Administrator goes, it is said how many of the agreements below would have nobody who stays.
#[tokio::test]
async fn role_08_a_preview_counts_the_agreements_that_would_have_nobody() {
    let bench = below(&[(ContactName::Notices, "legal")]).await;
    let legal = bench.signed_in(&["legal@contoso.example"]).await;
    bench.signed_in(&["boss@contoso.example"]).await;
    let give = on(above(), "boss@contoso.example", assign(&[Role::Administrator]));
    assert_eq!(change_as(&bench, &legal, &give).await.0, 200);
    let remove = on(above(), "boss@contoso.example", PersonChange::Remove);
    let asked = async || call(&bench, &legal, legal.post(path::PERSON_PREVIEW, &remove)).await;
    // The contacts of the one below have not proven their addresses; `legal` is Administrator above, and stays.
    assert_eq!(asked().await.1["children_without"], Value::Null);
    // Once `legal` is Administrator of the one below no more, the one who goes is the last one there.
    loaded_with(&bench, "legal@contoso.example", |holder| {
        holder.opt_out(licensing::access::OptOutOf::Itself, bench.app.now());
    })
    .await;
    let (status, shown) = asked().await;
    assert_eq!((status, &shown["children_without"], &shown["or_more"]), (200, &json!(1), &Value::Null), "{shown}");
    // With somebody below who has proven an address, it has somebody.
    bench.signed_in(&[NOTICES]).await;
    assert_eq!(asked().await.1["children_without"], Value::Null);
    let standing = standing_now(&bench).await;
    assert!(manage::is_guarded(&standing, |_| true, bench.app.now()));
}
