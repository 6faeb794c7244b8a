//! What each change does.

use licensing::{access::Deniable, event::GivenAs};

use super::*;

const LENA: &str = "lena@contoso.example";

/// APR-07 APR-08 an Administrator gives somebody roles: who has not registered is invited, and all that is said of them agrees.
#[tokio::test]
async fn apr_08_who_is_given_something_and_has_not_registered_is_invited() {
    let (bench, notices) = scene().await;
    let (status, shown) = preview(&bench, &notices, LENA, assign(&[Role::Administrator])).await;
    assert_eq!((status, &shown["invites"], &shown["gains"]["roles"]), (200, &json!(true), &json!(["administrator"])));
    assert_eq!(shown["before"], Value::Null);
    assert!(held(&bench, "lena").await.is_none(), "a preview changes nothing");

    let (status, done) = change(&bench, &notices, LENA, assign(&[Role::Administrator])).await;
    assert_eq!((status, &done), (200, &shown), "what was shown is what was done");
    assert_eq!(done["after"]["invitation"]["state"], "invited");
    assert_eq!(done["after"]["invitation"]["ends_at"], "2026-12-22T00:00:00Z");
    let (to, licence) = (at_contoso("lena"), licence());
    let given =
        Event::PermissionGiven { licence: licence.clone(), to: to.clone(), version: 1, said: GivenAs::Assigned };
    assert!(is_queued(&bench, &given).await);
    let made = Event::AdministratorChanged { licence, address: to, made: true, mark: "managed|1".into() };
    assert!(is_queued(&bench, &made).await);
    assert!(is_mirrored(&bench, "lena").await);
    assert!(standing_now(&bench).await.administrators(bench.app.now()).contains(&at_contoso("lena")));
    agrees(&bench).await;
    assert_eq!(audited(&bench).await, ["people.assigned"]);

    // The same again is so already.
    let (status, again) = change(&bench, &notices, LENA, assign(&[Role::Administrator])).await;
    assert_eq!((status, &again["unchanged"]), (200, &json!(true)), "{again}");
    assert_eq!(audited(&bench).await.len(), 1);

    // Nobody registered: after 30 days it counts no more, swept or not.
    bench.pass(30 * 24 * 3600);
    assert!(!standing_now(&bench).await.administrators(bench.app.now()).contains(&at_contoso("lena")));
}

/// APR-08 an invitation is sent again, three letters a day; not to who has registered, or has nothing.
#[tokio::test]
async fn apr_08_an_invitation_is_sent_again() {
    let (bench, notices) = scene().await;
    assert_eq!(invite(&bench, &notices, LENA).await.1["code"], "holds-nothing");
    change(&bench, &notices, LENA, assign(&[Role::Download])).await;
    bench.pass(3600);
    let (status, sent) = invite(&bench, &notices, LENA).await;
    assert_eq!((status, &sent["after"]["invitation"]["ends_at"]), (202, &json!("2026-12-22T01:00:00Z")), "{sent}");
    let (licence, to) = (licence(), at_contoso("lena"));
    assert!(is_queued(&bench, &Event::PermissionGiven { licence, to, version: 2, said: GivenAs::InvitedAgain }).await);
    assert_eq!(invite(&bench, &notices, LENA).await.0, 202);
    let (status, often) = invite(&bench, &notices, LENA).await;
    assert_eq!((status, &often["code"]), (429, &json!("too-often")), "{often}");
    assert!(often["try_again_at"].is_string());
    bench.signed_in(&[LENA]).await;
    assert_eq!(invite(&bench, &notices, LENA).await.1["code"], "already-registered");
    agrees(&bench).await;
}

/// APR-07 what acts gave is edited: what is not named goes, and an end moves in.
#[tokio::test]
async fn apr_07_what_was_given_is_edited() {
    let (bench, notices) = scene().await;
    bench.signed_in(&[LENA]).await;
    let (_, done) = change(&bench, &notices, LENA, assign(&[Role::Download, Role::LicensingInfo])).await;
    assert_eq!(done["invites"], Value::Null);
    let edit = PersonChange::Edit(vec![until(&[Role::Download], "2027-01-31")]);
    let (status, edited) = change(&bench, &notices, LENA, edit).await;
    assert_eq!((status, &edited["loses"]["roles"]), (200, &json!(["licensing-info"])), "{edited}");
    assert_eq!(edited["after"]["given"], json!([{ "roles": ["download"], "until": "2027-01-31" }]));
    assert_eq!(change(&bench, &notices, LENA, PersonChange::Edit(vec![])).await.1["code"], "no-such-role");
    agrees(&bench).await;
    assert_eq!(audited(&bench).await, ["people.assigned", "people.edited"]);
}

/// APR-07 PERM-04 somebody is removed: nothing is left, contacts are judged again, and only a tick brings listings back.
#[tokio::test]
async fn perm_04_who_was_removed_comes_back_by_an_act_only() {
    let (bench, notices) = scene().await;
    bench.signed_in(&["osm@contoso.example"]).await;
    let (status, removed) = change(&bench, &notices, "osm@contoso.example", PersonChange::Remove).await;
    assert_eq!((status, &removed["after"]["roles"]), (200, &json!([])), "{removed}");
    assert!(removed["after"]["gave_up_at"].is_string());
    let (licence, to) = (licence(), at_contoso("osm"));
    let gone = Event::PermissionTaken { licence, to, version: 1, keeps: [].into(), here_only: false };
    assert!(is_queued(&bench, &gone).await);
    let rejudge = Event::Rejudge { licence: super::licence(), mark: "managed|1|osm@contoso.example".into() };
    assert!(is_queued(&bench, &rejudge).await);
    agrees(&bench).await;
    assert_eq!(change(&bench, &notices, "osm@contoso.example", PersonChange::Remove).await.1["code"], "holds-nothing");
    // Something else is given: the listing still counts no more.
    let (_, given) = change(&bench, &notices, "osm@contoso.example", assign(&[Role::Download])).await;
    assert_eq!(given["after"]["roles"], json!(["download"]));
    let tick = Assign { roles: roles(&[Role::Download]), listings_count: true };
    let (_, back) = change(&bench, &notices, "osm@contoso.example", PersonChange::Assign(tick)).await;
    assert_eq!(back["gains"]["roles"], json!(["online-services-manager"]), "{back}");
    agrees(&bench).await;
}

/// OPEN-08 APR-07 what orders give a reseller is denied, and counts again when that is undone within seven days.
#[tokio::test]
async fn open_08_a_resellers_set_is_denied_and_undone() {
    let (bench, notices) = scene().await;
    let reseller = "orders@reseller.example";
    let deny = || PersonChange::Deny(Deniable::Orders);
    assert_eq!(change(&bench, &notices, reseller, deny()).await.1["code"], "holds-nothing");
    loaded_with(&bench, reseller, |holder| holder.ordered(&"PO-1".parse().expect("an id"))).await;
    let (status, denied) = change(&bench, &notices, reseller, deny()).await;
    assert_eq!((status, &denied["after"]["roles"]), (200, &json!([])), "{denied}");
    assert_eq!(denied["after"]["denied"], json!([{ "what": "orders", "undo_until": "2026-11-29T00:00:00Z" }]));
    let (_, undone) = change(&bench, &notices, reseller, PersonChange::UndoDenial(Deniable::Orders)).await;
    assert!(undone["gains"]["roles"].as_array().is_some_and(|roles| !roles.is_empty()), "{undone}");
    let again = change(&bench, &notices, reseller, PersonChange::UndoDenial(Deniable::Orders)).await.1;
    assert_eq!(again["code"], "nothing-to-undo");
    change(&bench, &notices, reseller, deny()).await;
    bench.pass(7 * 24 * 3600);
    let notices = bench.signed_in_again(NOTICES).await;
    let late = change(&bench, &notices, reseller, PersonChange::UndoDenial(Deniable::Orders)).await.1;
    assert_eq!(late["code"], "too-late-to-undo");
    agrees(&bench).await;
    assert_eq!(audited(&bench).await, ["people.denied", "people.denial-undone", "people.denied"]);
}

/// REG-02 APR-08 whoever is invited may register also at a public mail provider, as long as the invitation counts.
#[tokio::test]
async fn reg_02_who_is_invited_is_named_until_the_invitation_ended() {
    let (bench, notices) = scene().await;
    let address = "lena@gmail.com";
    let named = async || bench.store.is_named(&address.parse().expect("an address")).await.expect("answers");
    assert!(!named().await);
    change(&bench, &notices, address, assign(&[Role::Download])).await;
    assert!(named().await);
    let (_, removed) = change(&bench, &notices, address, PersonChange::Remove).await;
    assert_eq!(removed["after"]["roles"], json!([]), "{removed}");
    assert!(!named().await, "what is left of it names nobody");
}
