use api::{
    path,
    people::{Assign, ChangePerson, InviteAgain, PersonChange},
    requests::Roles,
};
use gateway::{
    App, Request, Response,
    testing::{
        Bench, Browser,
        scene::{at_contoso, licence},
    },
};
use http::HeaderValue;
use licensing::{
    Address, Licence,
    access::{Holder, Roster, Standing},
    audit::licence_chain,
    event::Event,
    roles::Role,
};
use serde_json::{Value, json};
use store::{Write, licences::Versioned, standing};

mod above;
mod changes;
mod faults;
mod order;
mod refusals;

/// Who is Administrator, being the notices contact.
const NOTICES: &str = "notices@contoso.example";

async fn answered(app: &App, browser: &Browser, request: Request) -> (u16, Value) {
    let response: Response = manage_users::handle(app, request).await;
    browser.take(&response)
}

async fn call(bench: &Bench, browser: &Browser, request: Request) -> (u16, Value) {
    let answer = answered(&bench.app, browser, request).await;
    bench.glance_is_right().await;
    answer
}

fn of(address: &str, change: PersonChange) -> ChangePerson {
    ChangePerson {
        licence: licence(),
        address: address.parse().expect("an address"),
        change,
        above: vec![],
        seen: None,
    }
}

fn with_key(mut request: Request, key: &str) -> Request {
    request.headers_mut().insert("idempotency-key", HeaderValue::from_str(key).expect("a header"));
    request
}

/// Each call is a request of its own.
async fn change_as(bench: &Bench, browser: &Browser, change: &ChangePerson) -> (u16, Value) {
    let key = bench.app.chance.name();
    call(bench, browser, with_key(browser.post(path::PERSON_CHANGE, change), &key)).await
}

async fn change(bench: &Bench, browser: &Browser, address: &str, change: PersonChange) -> (u16, Value) {
    change_as(bench, browser, &of(address, change)).await
}

async fn preview(bench: &Bench, browser: &Browser, address: &str, change: PersonChange) -> (u16, Value) {
    call(bench, browser, browser.post(path::PERSON_PREVIEW, &of(address, change))).await
}

async fn invite(bench: &Bench, browser: &Browser, address: &str) -> (u16, Value) {
    let body = InviteAgain { licence: licence(), address: address.parse().expect("an address"), above: vec![] };
    let key = bench.app.chance.name();
    call(bench, browser, with_key(browser.post(path::PERSON_INVITE, &body), &key)).await
}

fn roles(roles: &[Role]) -> Roles {
    Roles { roles: roles.iter().copied().collect(), ..Roles::default() }
}

fn until(all: &[Role], day: &str) -> Roles {
    Roles { until: Some(day.parse().expect("a day")), ..roles(all) }
}

fn assign(all: &[Role]) -> PersonChange {
    PersonChange::Assign(Assign { roles: roles(all), listings_count: false })
}

/// Contoso, and its notices contact, signed in.
async fn scene() -> (Bench, Browser) {
    let bench = Bench::new().await;
    bench.contoso().await;
    let notices = bench.signed_in(&[NOTICES]).await;
    (bench, notices)
}

async fn held_on(bench: &Bench, licence: &Licence, address: &Address) -> Option<Versioned<Holder>> {
    bench.store.get(&standing::holder(licence, address)).await.expect("answers")
}

async fn held(bench: &Bench, name: &str) -> Option<Versioned<Holder>> {
    held_on(bench, &licence(), &at_contoso(name)).await
}

async fn is_mirrored(bench: &Bench, name: &str) -> bool {
    bench.store.get(&standing::held(&at_contoso(name), &licence())).await.expect("answers").is_some()
}

async fn standing_now(bench: &Bench) -> Standing {
    bench.store.standing_of(&licence()).await.expect("answers").expect("loaded").standing()
}

/// The events that wait, by their kinds' first word of the key.
async fn is_queued(bench: &Bench, event: &Event) -> bool {
    bench.store.get(&store::outbox::queued(&event.id())).await.expect("answers").is_some()
}

/// What acts gave is what the roster says of it, with its row among the listings; and each change stands in the audit.
async fn agrees(bench: &Bench) {
    let loaded = bench.store.standing_of(&licence()).await.expect("answers").expect("loaded");
    let mut roster = Roster::default();
    for (address, holder) in bench.store.holders_of(&licence()).await.expect("answers") {
        roster.note(&address, &holder).expect("there is room");
        let mirror = bench.store.get(&standing::held(&address, &licence())).await.expect("answers");
        assert_eq!(mirror.is_some(), holder.gives_something(), "{address:?}");
    }
    assert_eq!(loaded.roster().map(|roster| roster.record.clone()).unwrap_or_default(), roster);
}

async fn audited(bench: &Bench) -> Vec<String> {
    let (entries, _) = bench.store.audit_page(&licence_chain(&licence()), 0, 1000).await.expect("answers");
    entries.into_iter().map(|entry| entry.action).filter(|action| action.starts_with("people.")).collect()
}

/// Gives something by a row, as a load does.
async fn loaded_with(bench: &Bench, address: &str, make: impl FnOnce(&mut Holder)) {
    let (store, address): (_, Address) = (&bench.store, address.parse().expect("an address"));
    let loaded = store.standing_of(&licence()).await.expect("answers").expect("loaded");
    let before = held_on(bench, &licence(), &address).await;
    let mut after = before.as_ref().map(|before| before.record.clone()).unwrap_or_default();
    make(&mut after);
    let mut roster = loaded.roster().map(|roster| roster.record.clone()).unwrap_or_default();
    let mut write = Write::new();
    if roster.note(&address, &after).expect("there is room") {
        write.roster(store, &licence(), loaded.roster(), &roster);
    }
    write.holder(store, loaded.agreement(), "Contoso", &address, before.as_ref(), &after);
    write.commit(store).await.expect("nobody else writes");
}
