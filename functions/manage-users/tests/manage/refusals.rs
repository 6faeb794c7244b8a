//! Each refusal, and that nothing is written by it.

use gateway::testing::policy;
use licensing::Policy;

use super::*;

/// PERM-03 ROLE-08 ROLE-09 APR-07 each refusal says which, and changes nothing.
#[tokio::test]
async fn perm_03_each_refusal_changes_nothing() {
    let (bench, notices) = scene().await;
    let osm = bench.signed_in(&["osm@contoso.example"]).await;
    let stranger = bench.signed_in(&["eve@fabrikam.example"]).await;
    let give = || assign(&[Role::Download]);
    let past = PersonChange::Assign(Assign { roles: until(&[Role::Download], "2026-11-21"), listings_count: false });
    for (browser, address, wanted, code) in [
        (&osm, "lena@contoso.example", give(), "not-allowed"),
        (&stranger, "lena@contoso.example", give(), "not-allowed"),
        (&notices, NOTICES, give(), "own-rights"),
        (&notices, NOTICES, PersonChange::Remove, "own-rights"),
        (&notices, "primary@contoso.example", PersonChange::Remove, "must-stay"),
        (&notices, "lena@contoso.example", PersonChange::Remove, "holds-nothing"),
        (&notices, "lena@contoso.example", PersonChange::InheritAgain, "nothing-to-undo"),
        (&notices, "lena@contoso.example", assign(&[]), "no-such-role"),
        (&notices, "lena@contoso.example", past, "bad-field"),
    ] {
        for (status, problem) in
            [preview(&bench, browser, address, wanted.clone()).await, change(&bench, browser, address, wanted).await]
        {
            assert!((400..500).contains(&status), "{status} {problem}");
            assert_eq!(problem["code"], code, "{problem}");
        }
    }
    // A number that is not loaded is answered as one that is somebody else's.
    let unknown =
        ChangePerson { licence: "enterprise/1".parse().expect("a key"), ..of("lena@contoso.example", give()) };
    assert_eq!(change_as(&bench, &notices, &unknown).await.1["code"], "not-allowed");
    let nobody = change(&bench, &Browser::new(), "lena@contoso.example", give()).await;
    assert_eq!(nobody.0, 401);
    // What was shown has changed since.
    let stale = ChangePerson { seen: Some(3), ..of("lena@contoso.example", give()) };
    assert_eq!(change_as(&bench, &notices, &stale).await.1["code"], "changed-since");
    assert_eq!(
        call(&bench, &notices, notices.post(path::PERSON_CHANGE, &of("a@b.example", give()))).await.1["field"],
        "Idempotency-Key"
    );
    assert!(audited(&bench).await.is_empty());
    agrees(&bench).await;
}

/// ROLE-09 whoever is Administrator until a day gives at most until that day; and is not the one who remains (ROLE-08).
#[tokio::test]
async fn role_09_who_has_an_end_gives_no_longer_and_does_not_remain() {
    let (bench, notices) = scene().await;
    let vice = bench.signed_in(&["vice@contoso.example"]).await;
    let until_june = Assign { roles: until(&[Role::Administrator], "2027-06-30"), listings_count: false };
    change(&bench, &notices, "vice@contoso.example", PersonChange::Assign(until_june)).await;
    let (_, given) = change(&bench, &vice, "lena@contoso.example", assign(&[Role::Download])).await;
    assert_eq!((&given["cut_to"], &given["after"]["given"][0]["until"]), (&json!("2027-06-30"), &json!("2027-06-30")));
    agrees(&bench).await;
}

/// OPS-06 while one may go back to the release before, nobody is removed, denied or invited.
#[tokio::test]
async fn ops_06_nothing_is_taken_that_the_release_before_would_not_heed() {
    let mut policy: Policy = policy();
    policy.stored.for_release_before = true;
    let bench = Bench::with_policy(policy).await;
    bench.contoso().await;
    let notices = bench.signed_in(&[NOTICES]).await;
    bench.signed_in(&["osm@contoso.example"]).await;
    let under_way = |answer: (u16, Value)| assert_eq!((answer.0, &answer.1["code"]), (409, &json!("update-under-way")));
    under_way(change(&bench, &notices, "osm@contoso.example", PersonChange::Remove).await);
    under_way(preview(&bench, &notices, "osm@contoso.example", PersonChange::Remove).await);
    under_way(change(&bench, &notices, "lena@contoso.example", assign(&[Role::Download])).await);
    assert_eq!(change(&bench, &notices, "osm@contoso.example", assign(&[Role::Download])).await.0, 200);
}
