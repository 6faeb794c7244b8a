//! Asking for permission, finding out who decides, and giving up, on the real engine (REQ, PERM).

use api::{
    path,
    requests::{AskPermission, GiveUp, OnLicence, Roles},
};
use gateway::{
    Request, Response,
    stream::{Change, Record, Records},
    testing::{
        Bench, Browser,
        mapping::image,
        scene::{at_contoso, licence},
    },
};
use http::Method;
use licensing::{
    Address, Licence,
    access::{By, Grant, Holder, Roster},
    event::Event,
    roles::Role,
};
use serde_json::{Value, json};
use store::{Write, outbox, people, requests, standing};

const LENA: &str = "lena@contoso.example";
const OSM: &str = "osm@contoso.example";

async fn call(bench: &Bench, browser: &Browser, request: Request) -> (u16, Value) {
    let response: Response = request_permission::handle(&bench.app, request).await;
    bench.glance_is_right().await;
    browser.take(&response)
}

fn asking(licence: Licence, roles: &[Role]) -> AskPermission {
    let asked = Roles { roles: roles.iter().copied().collect(), ..Roles::default() };
    AskPermission { licence, address: None, asked, comment: "For the audit.".into() }
}

async fn ask(bench: &Bench, browser: &Browser, asking: &AskPermission) -> (u16, Value) {
    call(bench, browser, browser.post(path::REQUEST_ASK, asking)).await
}

async fn on_licence(bench: &Bench, browser: &Browser, path: &str) -> (u16, Value) {
    call(bench, browser, browser.post(path, &OnLicence { licence: licence() })).await
}

async fn give_up(bench: &Bench, browser: &Browser, address: Address) -> (u16, Value) {
    call(bench, browser, browser.post(path::GIVE_UP, &GiveUp { licence: licence(), address })).await
}

/// Contoso with an account, and a person there who holds nothing.
async fn scene() -> (Bench, Browser) {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.account("acc-1", &["boss@contoso.example"]).await;
    let lena = bench.signed_in(&[LENA]).await;
    (bench, lena)
}

/// The outbox's record that somebody asked, handed over as the stream does.
async fn route(bench: &Bench, licence: Licence, generation: u32) {
    let asker = bench.person(LENA).await.profile;
    let event = Event::PermissionAsked { licence, asker, generation };
    let item = bench.store.raw(&outbox::queued(&event.id())).await.expect("answers").expect("it is queued");
    let change = Change { new_image: image(&item), sequence_number: "1".into() };
    let records = Records::of(vec![Record { kind: "INSERT".into(), dynamodb: change }]);
    let failures = request_permission::records(&bench.app, records).await;
    assert!(failures.failures.is_empty());
}

async fn is_open(bench: &Bench, event: &Event) -> bool {
    let queued = bench.store.get(&outbox::queued(&event.id())).await.expect("answers");
    queued.is_some_and(|queued| queued.done_at.is_none())
}

/// REQ-02 REQ-03 who asks for a number that is known gets the answer of one that is not; then those who decide have it in
/// their inboxes, and so many are told. A record that comes again changes nothing.
#[tokio::test]
async fn req_03_a_request_goes_to_those_who_decide() {
    let (bench, lena) = scene().await;
    let unknown: Licence = "enterprise/404".parse().expect("a licence");
    let mut answers = Vec::new();
    for licence in [licence(), unknown.clone()] {
        let (status, mut answer) = ask(&bench, &lena, &asking(licence, &[Role::Download])).await;
        assert_eq!((status, &answer["state"], &answer["sent_to"]), (202, &json!("pending"), &Value::Null), "{answer}");
        answer["licence"].take();
        answers.push(answer);
    }
    assert_eq!(answers[0], answers[1]);
    for _ in 0..2 {
        route(&bench, licence(), 1).await;
        route(&bench, unknown.clone(), 1).await;
    }
    let known = ask(&bench, &lena, &asking(licence(), &[Role::Download])).await.1;
    assert_eq!(known["sent_to"], 2, "primary and notices contact: {known}");
    let request = bench.store.request_context(&licence(), &bench.person(LENA).await.profile).await.expect("answers");
    let request = request.request.expect("it was asked");
    for (decider, has) in [("notices", true), ("primary", true), ("osm", false)] {
        let row = bench.store.get(&requests::inbox(&at_contoso(decider), &request)).await.expect("answers");
        assert_eq!(row.is_some(), has, "{decider}");
    }
}

/// REQ-09 it is taken back while nobody has decided; who decides is reminded once, two working days after.
#[tokio::test]
async fn req_09_a_request_is_taken_back_and_reminded_of() {
    let (bench, lena) = scene().await;
    assert_eq!(on_licence(&bench, &lena, path::REQUEST_WITHDRAW).await.1["code"], "not-found");
    ask(&bench, &lena, &asking(licence(), &[Role::Download])).await;
    route(&bench, licence(), 1).await;
    assert_eq!(on_licence(&bench, &lena, path::REQUEST_REMIND).await.1["code"], "too-early-to-remind");
    for _ in 0..2 {
        let (status, withdrawn) = on_licence(&bench, &lena, path::REQUEST_WITHDRAW).await;
        assert_eq!((status, &withdrawn["state"]), (200, &json!("withdrawn")));
    }
    ask(&bench, &lena, &asking(licence(), &[Role::Download])).await;
    route(&bench, licence(), 2).await;
    bench.set_time("2026-11-25T00:00:00Z");
    let lena = bench.signed_in_again(LENA).await;
    assert_eq!(on_licence(&bench, &lena, path::REQUEST_REMIND).await.0, 202);
    assert_eq!(on_licence(&bench, &lena, path::REQUEST_REMIND).await.1["code"], "already-reminded");
}

/// PERM-02 PERM-03 what an act gave, and a listing that may go, are given up; notices and primary contacts stay.
#[tokio::test]
async fn perm_02_a_licence_is_given_up_with_everything() {
    let (bench, lena) = scene().await;
    let agreement = bench.store.get(&store::licences::agreement(&licence())).await.expect("answers").expect("loaded");
    let mut holder = Holder::default();
    let grant = Grant { by: By::Row, at: bench.app.now(), until: None, scheme: None };
    holder.assign([Role::Administrator], &[].into(), false, &grant);
    let mut roster = Roster::default();
    roster.note(&at_contoso("lena"), &holder).expect("there is room");
    let mut write = Write::new();
    write.holder(&bench.store, &agreement.record, "Contoso", &at_contoso("lena"), None, &holder);
    write.roster(&bench.store, &licence(), None, &roster);
    write.commit(&bench.store).await.expect("written");

    assert_eq!(give_up(&bench, &lena, at_contoso("osm")).await.1["field"], "address");
    let notices = bench.signed_in(&["notices@contoso.example"]).await;
    assert_eq!(give_up(&bench, &notices, at_contoso("notices")).await.1["code"], "must-stay");
    let osm = bench.signed_in(&[OSM]).await;
    for (browser, name) in [(&lena, "lena"), (&osm, "osm")] {
        let (status, given_up) = give_up(&bench, browser, at_contoso(name)).await;
        assert_eq!((status, &given_up["keeps"]), (200, &json!([])), "{given_up}");
        assert_eq!(give_up(&bench, browser, at_contoso(name)).await.1["code"], "not-allowed", "{name}");
        let row = bench.store.get(&standing::held(&at_contoso(name), &licence())).await.expect("answers");
        assert!(row.is_none(), "{name}");
        let stored = bench.store.get(&standing::holder(&licence(), &at_contoso(name))).await.expect("answers");
        let version = stored.expect("it is kept that it was given up").version;
        assert!(
            is_open(&bench, &Event::GaveUp { licence: licence(), to: at_contoso(name), version, keeps: [].into() })
                .await
        );
    }
}

/// REG-09 ROLE-08 an address whose proof is too old asks for nothing and gives nothing up; and another Administrator who would have
/// to prove theirs first does not guard a licence.
#[tokio::test]
async fn reg_09_an_old_proof_counts_for_nothing() {
    let (bench, _) = scene().await;
    bench.signed_in(&["notices@contoso.example"]).await;
    bench.pass(180 * 24 * 3600);
    let lapsed = bench.signed_in_again(LENA).await;
    for answer in [
        ask(&bench, &lapsed, &asking(licence(), &[Role::Download])).await,
        give_up(&bench, &lapsed, at_contoso("lena")).await,
    ] {
        assert_eq!((answer.0, &answer.1["field"]), (422, &json!("address")));
        assert!(answer.1["detail"].as_str().is_some_and(|detail| detail.contains("confirm")), "{answer:?}");
    }
    let agreement = bench.store.get(&store::licences::agreement(&licence())).await.expect("answers").expect("loaded");
    let mut holder = Holder::default();
    holder.assign(
        [Role::Administrator],
        &[].into(),
        false,
        &Grant { by: By::Row, at: bench.app.now(), until: None, scheme: None },
    );
    let mut roster = Roster::default();
    roster.note(&at_contoso("asa"), &holder).expect("there is room");
    let mut write = Write::new();
    write.holder(&bench.store, &agreement.record, "Contoso", &at_contoso("asa"), None, &holder);
    write.roster(&bench.store, &licence(), None, &roster);
    write.commit(&bench.store).await.expect("written");
    let asa = bench.signed_in(&["asa@contoso.example"]).await;
    assert_eq!(give_up(&bench, &asa, at_contoso("asa")).await.1["code"], "last-administrator");
    bench.signed_in(&["primary@contoso.example"]).await;
    assert_eq!(give_up(&bench, &asa, at_contoso("asa")).await.0, 200, "somebody whose proof is new remains");
}

/// REQ-03 the list of where somebody asked stands beside the profile; what is no request of ours is not answered.
#[tokio::test]
async fn req_03_where_somebody_asked_is_kept_beside_the_profile() {
    let (bench, lena) = scene().await;
    ask(&bench, &lena, &asking(licence(), &[Role::Download])).await;
    let profile = bench.person(LENA).await.profile;
    let list = bench.store.get(&requests::asked(&profile)).await.expect("answers").expect("it is there");
    assert_eq!(list.licences.iter().map(|on| on.licence.clone()).collect::<Vec<_>>(), [licence()]);
    assert!(bench.store.get(&people::profile(&profile)).await.expect("answers").is_some());
    let mut other = lena.post(path::REQUEST_ASK, &json!({}));
    *other.method_mut() = Method::PUT;
    assert!([404, 405].contains(&call(&bench, &lena, other).await.0));
}

/// REQ-05 EXP-01 a load moved the agreement's end: the stream brings it here, and a request that waits ends with the agreement.
#[tokio::test]
async fn req_05_requests_follow_the_agreement_by_the_stream() {
    let (bench, lena) = scene().await;
    ask(&bench, &lena, &asking(licence(), &[Role::Download])).await;
    route(&bench, licence(), 1).await;
    let store = &bench.store;
    let slot = store::licences::agreement(&licence());
    let before = store.get(&slot).await.expect("answers").expect("it is stored");
    let mut after = before.record.clone();
    after.ends = "2026-11-25".parse().expect("a day");
    let event = Event::AgreementEndMoved { licence: licence(), mark: "load".into() };
    let mut write = Write::new();
    write.agreement(store, Some(&before), &after, "Contoso");
    write.event(store, &event, bench.app.now(), false);
    write.commit(store).await.expect("nobody else writes");

    let item = store.raw(&outbox::queued(&event.id())).await.expect("answers").expect("it is queued");
    let change = Change { new_image: image(&item), sequence_number: "1".into() };
    let records = Records::of(vec![Record { kind: "INSERT".into(), dynamodb: change }]);
    assert!(request_permission::records(&bench.app, records).await.failures.is_empty());
    let asker = bench.person(LENA).await.profile;
    let request = store.get(&requests::request(&licence(), &asker)).await.expect("answers").expect("it waits");
    assert_eq!(request.ends_at.to_string(), "2026-11-26T00:00:00Z");
    assert!(!is_open(&bench, &event).await);
}
