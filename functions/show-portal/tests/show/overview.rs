//! What there is at a glance.

use gateway::testing::{
    Bench,
    scene::{CLOUD, LICENCE, MAIL, licence},
};
use serde_json::{Value, json};
use store::{Table, Write, sdk::types::AttributeValue, upgrade};

use crate::{counted, get};

const OVERVIEW: &str = "/api/me/overview";

async fn overview(bench: &Bench, who: &str) -> Value {
    let (status, said) = get(bench, &bench.signed_in_again(who).await, OVERVIEW).await;
    assert_eq!(status, 200, "{said}");
    said
}

fn states(said: &Value) -> Value {
    let counts = said["activations"].as_array().expect("counts");
    counts.iter().map(|one| (one["state"].as_str().expect("a state").to_owned(), one["count"].clone())).collect()
}

/// UI-03 EXP-05 LINK-05 Home counts what there is, over all Licensing IDs whose activations one sees: also a link that has ended though
/// nobody swept; and nobody else learns of it.
#[tokio::test]
async fn ui_03_home_counts_what_there_is() {
    let bench = Bench::new().await;
    bench.contoso().await;
    for who in ["osm@contoso.example", "primary@contoso.example", "mallory@fabrikam.example", "tech@contoso.example"] {
        bench.signed_in(&[who]).await;
    }
    assert_eq!(states(&overview(&bench, "osm@contoso.example").await), json!({}));
    bench.invite(MAIL).await;
    bench.invite(CLOUD).await;
    let said = overview(&bench, "osm@contoso.example").await;
    assert_eq!(states(&said), json!({ "invited": 2 }));
    assert_eq!((&said["licences"], &said["bought"], &said["activated"]), (&json!(1), &json!(50), &json!(0)));
    let end = bench.activation(MAIL).await;
    let licensing::activation::State::Invited(invitation) = &end.state else { panic!("invited") };
    let ends = json!([{
        "licence": { "programme": "enterprise", "number": "88590039" },
        "customer_name": "Contoso", "at": invitation.expires_at.to_string(), "count": 2,
    }]);
    assert_eq!(said["ends"], ends);

    bench.account("acc-1", &["osm@contoso.example"]).await;
    bench.activate_as("osm@contoso.example", MAIL, "acc-1").await;
    for who in ["osm@contoso.example", "primary@contoso.example"] {
        let said = overview(&bench, who).await;
        assert_eq!(states(&said), json!({ "invited": 1, "activated": 1 }), "{who}");
        assert_eq!((&said["bought"], &said["activated"]), (&json!(50), &json!(25)), "{who}");
    }
    let said = overview(&bench, "mallory@fabrikam.example").await;
    assert_eq!((states(&said), &said["licences"], &said["bought"]), (json!({}), &json!(0), &json!(0)));

    bench.app.clock.set(invitation.expires_at);
    let said = overview(&bench, "osm@contoso.example").await;
    assert_eq!((states(&said), &said["ends"]), (json!({ "activated": 1, "expired": 1 }), &json!([])));
}

/// OPS-06 what a release left that kept no glance, or did not know it and left an old one there, is counted one by one, with the same
/// answer; `countersign upgrade` counts it for good.
#[tokio::test]
async fn ops_06_what_a_release_did_not_count_is_counted() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.signed_in(&["osm@contoso.example"]).await;
    bench.invite(MAIL).await;
    bench.invite(CLOUD).await;
    let as_it_is = overview(&bench, "osm@contoso.example").await;
    let rewrite = upgrade::ALL.iter().find(|rewrite| rewrite.name == "glances").expect("a rewrite");
    let (store, chain) = (&bench.store, format!("licence#{LICENCE}"));
    for left in ["REMOVE glance", "SET glance.#at = :zero"] {
        let update = store.client().update_item().table_name(store.name(Table::Audit));
        let update = update.key("chain", AttributeValue::S(chain.clone())).key("seq", AttributeValue::N("0".into()));
        let update = if left.contains(":zero") {
            update
                .expression_attribute_names("#at", "at")
                .expression_attribute_values(":zero", AttributeValue::N("0".into()))
        } else {
            update
        };
        update.update_expression(left).send().await.expect("it is left so");
        assert!(!bench.glance_is_right().await, "{left}: not known");
        assert_eq!(overview(&bench, "osm@contoso.example").await, as_it_is, "{left}");

        let agreement = store::licences::agreement(&licence());
        let item = store.raw(&agreement).await.expect("it answers").expect("it is stored");
        let became = store.rewrite(rewrite, item, false, bench.app.now()).await.expect("an answer");
        assert_eq!(became, upgrade::Rewritten::Done, "{left}");
        assert!(bench.glance_is_right().await, "{left}: counted");
        let item = store.raw(&agreement).await.expect("it answers").expect("it is stored");
        let became = store.rewrite(rewrite, item, false, bench.app.now()).await.expect("an answer");
        assert_eq!(became, upgrade::Rewritten::NotDue, "{left}");
        assert_eq!(overview(&bench, "osm@contoso.example").await, as_it_is, "{left}");
    }
    // The chain goes on where it was.
    bench.account("acc-1", &["osm@contoso.example"]).await;
    bench.activate_as("osm@contoso.example", MAIL, "acc-1").await;
    assert!(bench.glance_is_right().await);
}

/// UI-03 the glance of ten Licensing IDs and that of hundreds takes the same steps, and no activation is read; of more than a thousand
/// it says so.
#[tokio::test]
async fn ui_03_the_glance_takes_the_same_however_many_there_are() {
    for (count, more) in [(10, false), (300, false), (1001, true)] {
        let bench = Bench::new().await;
        bench.contoso().await;
        let agreement = bench.context(MAIL).await.agreement.expect("it is stored").record;
        for number in 0..count {
            let mut write = Write::new();
            let licence = format!("select/{number:05}").parse().expect("a Licensing ID");
            let agreement = licensing::import::record::Agreement { licence, ..agreement.clone() };
            write.agreement(&bench.store, None, &agreement, "Contoso");
            let chain = licensing::audit::licence_chain(&agreement.licence);
            let note = licensing::audit::Note::new("agreement.loaded", licensing::audit::Actor::Service);
            write.audit(&bench.store, &chain, None, note, bench.app.now());
            write.commit(&bench.store).await.expect("it is written");
        }
        let browser = bench.signed_in(&["osm@contoso.example"]).await;
        let (status, said, mut used) = counted(&bench, &browser, OVERVIEW).await;
        // On a busy machine calls that are begun side by side may come one after the other, and are counted so: the fewest count.
        for _ in 0..20 {
            let (.., again) = counted(&bench, &browser, OVERVIEW).await;
            used = if again.steps < used.steps { again } else { used };
        }
        assert_eq!((status, said["more"].as_bool().unwrap_or_default()), (200, more), "{said}");
        assert_eq!(said["licences"].as_u64(), Some((count + 1).min(1000)), "{said}");
        // Contoso itself has no chain here, so it is counted: one step more where it is among them.
        assert!(used.steps <= 4, "{count}: {used:?}");
    }
}
