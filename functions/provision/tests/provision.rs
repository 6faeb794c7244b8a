//! From the event of the outbox to what subscribers and provisioning endpoints are told, on the real engine and over TLS.

mod others;

use std::time::Duration;

use gateway::{
    App,
    boot::Deadline,
    stream::{Change, Record, Records},
    testing::{
        Bench,
        faults::{Fault, Faults, Retries},
        mapping::{ATTEMPTS, COME_AGAIN, OfEight, as_inserted, drive, drive_failing, image, poison},
        scene::{MAIL, at_contoso, contacts, licence, sku},
    },
};
use licensing::{
    Timestamp,
    access::Standing,
    activation::{Activation, Person, State, Step},
    audit::Actor,
    event::{Event, Receiver},
    message::{Message, MessageKind},
    outside::Endpoint,
    rights::Rights,
};
use others::{Does, Others};
use outside::{Trouble, testing::HOST};
use provision::{announce, ask, deliver, records};
use store::{Table, Write, licences, outbox::Queued, webhooks::Webhook};

const NOW_ONLY: &[Duration] = &[];

/// Contoso with an invited activation, and a host of somebody else's behind every public address.
struct World {
    bench: Bench,
    others: Others,
}

impl World {
    async fn new() -> Self {
        let bench = Bench::new().await;
        bench.contoso().await;
        bench.invite(MAIL).await;
        let (others, at) = Others::with_tls().await;
        bench.net.set_behind(at);
        bench.net.name(HOST, &["93.184.216.34"]);
        let world = Self { bench, others };
        // What the mail's event asks for is another function's.
        for event in world.open().await {
            world.bench.store.event_done(&event.event.id(), world.bench.app.now()).await.expect("it answers");
        }
        world
    }

    /// With an endpoint that sets the product up.
    async fn with_endpoint() -> Self {
        let world = Self::new().await;
        world.bench.set_endpoint(MAIL, Some(&format!("https://{HOST}/set-up"))).await;
        world
    }

    async fn webhook(&self, id: &str, url: &str) {
        let webhook = Webhook {
            id: id.into(),
            url: url.parse().expect("an address"),
            added_at: self.bench.app.now(),
            added_by: "ops".into(),
            taken_at: None,
            failing_since: None,
            trouble: None,
            ended_at: None,
            given_up: 0,
            given_up_at: None,
        };
        let mut write = Write::new();
        write.webhook(&self.bench.store, &webhook);
        write.commit(&self.bench.store).await.expect("it is written");
    }

    async fn shown(&self, id: &str) -> Webhook {
        let webhooks = self.bench.store.webhooks().await.expect("it answers");
        webhooks.into_iter().find(|webhook| webhook.id == id).expect("it is there")
    }

    async fn step(&self, step: impl FnOnce(&Activation) -> Step) {
        let context = self.bench.context(MAIL).await;
        let step = step(context.activation.as_ref().expect("it is stored"));
        let (now, policy) = (self.bench.app.now(), &self.bench.app.policy.links);
        let write = self.bench.store.write_step(&step, context.head.as_ref(), now, policy, Write::new());
        write.await.expect("it is written");
    }

    async fn confirm(&self) {
        let (now, policy) = (self.bench.app.now(), self.bench.app.policy.links.clone());
        let product = self.bench.store.get(&licences::product(&sku(MAIL))).await.expect("it answers");
        let by_endpoint = product.expect("it is stored").endpoint.is_some();
        let (addresses, rights) = (
            [at_contoso("osm")],
            Rights::by(&Standing::naming(&contacts()), &[at_contoso("osm")], Timestamp::UNIX_EPOCH),
        );
        let account = "acc-1".parse().expect("an id");
        self.step(|it| {
            let name = "Contoso".to_owned();
            it.confirm(osm(), &addresses, &rights, None, account, name, "r".into(), by_endpoint, now, &policy)
                .expect("the OSM may")
        })
        .await;
    }

    async fn undo(&self) {
        let (now, policy) = (self.bench.app.now(), self.bench.app.policy.links.clone());
        let rights = Rights::by(&Standing::naming(&contacts()), &[at_contoso("osm")], Timestamp::UNIX_EPOCH);
        let (addresses, contacts) = ([at_contoso("osm")], contacts());
        let undo = |it: &licensing::activation::Activation| {
            it.undo(osm(), &addresses, &rights, &contacts, true, None, now, &policy).expect("who confirmed may")
        };
        self.step(undo).await;
    }

    /// All that is stored in the outbox.
    async fn stored(&self) -> Vec<store::Item> {
        let store = &self.bench.store;
        let found = store.client().scan().table_name(store.name(Table::Outbox)).send().await.expect("it answers");
        found.items.unwrap_or_default()
    }

    /// What is not done, held back or not.
    async fn open(&self) -> Vec<Queued> {
        let items = self.stored().await;
        let slots = items.iter().map(|item| store::outbox::queued(item["event_id"].as_s().expect("a key")));
        let mut open = Vec::new();
        for slot in slots {
            let queued = self.bench.store.get(&slot).await.expect("it answers").expect("it is there");
            open.extend(Some(queued).filter(|queued| queued.done_at.is_none()));
        }
        open
    }

    /// What the stream hands to this function now.
    async fn stream(&self) -> Records {
        let of = |(number, item): (usize, store::Item)| Record {
            kind: "MODIFY".into(),
            dynamodb: Change { new_image: image(&item), sequence_number: number.to_string() },
        };
        let items = self.stored().await.into_iter().filter(|item| {
            item.get("consumer").is_some_and(|consumer| consumer.as_s().is_ok_and(|consumer| consumer == "outside"))
        });
        Records::of(items.enumerate().map(of).collect())
    }

    /// Everything that the stream brings, until it brings nothing new.
    async fn run(&self) {
        for _ in 0..3 {
            let failures = records(&self.bench.app, self.stream().await).await;
            assert_eq!(failures.failures, []);
        }
    }

    async fn sweep(&self) {
        // Another function's work: what it asks for is not this one's.
        let app = App { store: self.bench.store.clone(), ..self.bench.app.clone() };
        expire_links::sweep(&app, Deadline::NONE).await.expect("it sweeps");
    }

    /// What waits for the endpoint's answer.
    async fn asking(&self) -> Queued {
        let mut open = self.open().await;
        open.retain(|queued| matches!(queued.event, Event::Provision { .. }));
        assert_eq!(open.len(), 1, "one question");
        open.remove(0)
    }

    async fn ask(&self) {
        ask(&self.bench.app, &self.asking().await.event, NOW_ONLY).await.expect("the database answers");
    }

    async fn mails(&self) -> Vec<String> {
        let open = self.open().await;
        let mails = open.iter().filter(|queued| queued.consumer == "mail");
        mails.map(|queued| queued.event.id()).collect()
    }
}

fn osm() -> Person {
    Person { profile: "p-osm".parse().expect("an id"), address: at_contoso("osm") }
}

fn test_message(mark: &str) -> Message {
    Message::test(mark.into(), gateway::testing::NOON.parse().expect("a time"))
}

async fn queue(bench: &Bench, event: &Event) {
    let mut write = Write::new();
    write.event(&bench.store, event, bench.app.now(), false);
    write.commit(&bench.store).await.expect("it is written");
}

fn to_webhook(message: &Message, id: &str) -> Event {
    Event::Deliver { message: Box::new(message.clone()), to: Receiver::Webhook { id: id.into() } }
}

/// LINK-11 a confirmation is told on the event bus and to each webhook, signed for it, once.
#[tokio::test]
async fn link_11_a_confirmation_is_published_and_signed_for_each_webhook() {
    let world = World::new().await;
    world.webhook("a", &format!("https://{HOST}/a")).await;
    world.webhook("b", &format!("https://{HOST}/b?x=1")).await;
    world.confirm().await;
    world.run().await;

    let published = world.bench.published.all();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].0, "activation.confirmed");
    let detail: serde_json::Value = serde_json::from_str(&published[0].1).expect("JSON");
    assert_eq!((&detail["data"]["state"], &detail["data"]["version"]), (&"activated".into(), &2.into()));

    let mut asked = world.others.asked();
    asked.sort_by_key(|asked| asked.head.clone());
    assert_eq!(asked.len(), 2, "each webhook once, although the stream brought everything three times");
    for (asked, (target, receiver, other)) in
        asked.iter().zip([("/a", "webhook/a", "webhook/b"), ("/b?x=1", "webhook/b", "webhook/a")])
    {
        assert!(asked.head.starts_with(&format!("POST {target} HTTP/1.1\r\n")), "{}", asked.head);
        assert!(asked.is_signed_for(receiver) && !asked.is_signed_for(other));
        assert_eq!((asked.header("host"), asked.header("content-type")), (HOST, "application/json"));
        assert_eq!(
            (asked.header("webhook-id"), asked.json()["data"].clone()),
            (detail["id"].as_str().unwrap(), detail["data"].clone())
        );
        assert!(!asked.body.contains('@'), "no address is told: {}", asked.body);
    }
    assert!(world.open().await.iter().all(|queued| queued.consumer == "mail"));
    assert_eq!(world.shown("a").await.taken_at, Some(world.bench.app.now()));
}

/// LINK-11 one subscriber that fails neither holds up nor repeats the others; it is tried again after growing pauses, with the
/// same id, and given up after three days with a record.
#[tokio::test]
async fn link_11_a_failing_subscriber_is_alone_and_given_up_in_the_end() {
    let world = World::new().await;
    world.webhook("good", &format!("https://{HOST}/good")).await;
    world.webhook("inside", "https://inside.contoso.example/").await;
    world.bench.net.name("inside.contoso.example", &["10.0.0.1"]);
    world.confirm().await;
    world.run().await;
    assert_eq!(world.others.heard(), [("activation.confirmed".into(), 2)]);
    assert_eq!(world.bench.published.all().len(), 1);

    let (begun, mut waited) = (world.bench.app.now(), Vec::new());
    loop {
        let open: Vec<Queued> = world.open().await.into_iter().filter(|queued| queued.consumer == "outside").collect();
        let [queued] = open.as_slice() else { break };
        assert!(
            queued.held && queued.trouble.as_deref() == Some("the host's name leads to an address that is not public")
        );
        // Not a second before it is due.
        let mut passed = 0;
        while world.open().await.iter().any(|now| now.event == queued.event && now.tries == queued.tries) {
            world.bench.pass(300);
            passed += 5;
            world.sweep().await;
            world.run().await;
            assert!(passed <= 1440, "it is tried again within a day");
        }
        waited.push(passed);
    }
    assert_eq!(waited, [5, 30, 120, 300, 600, 840, 1200, 1440]);
    let shown = world.shown("inside").await;
    assert_eq!((shown.given_up, shown.failing_since, shown.taken_at), (1, Some(begun), None));
    assert_eq!(shown.given_up_at, Some(world.bench.app.now()));
    assert_eq!(world.others.asked().len(), 1, "the good one heard it once");
    assert_eq!(world.bench.net.dialled().len(), 1, "nothing inside was ever called");
}

/// LINK-11 a webhook that takes messages again is told what it missed, and shown as well again.
#[tokio::test]
async fn link_11_a_webhook_that_is_back_gets_what_it_missed_under_the_same_id() {
    let world = World::new().await;
    world.webhook("a", &format!("https://{HOST}/")).await;
    world.others.then([Does::Says(503, "down"), Does::SaysWith(302, "location: https://10.0.0.1/", String::new())]);
    world.confirm().await;
    world.run().await;
    assert_eq!(world.shown("a").await.trouble.as_deref(), Some("the host answered 503"));
    world.bench.pass(301);
    world.sweep().await;
    world.run().await;
    assert_eq!(world.shown("a").await.trouble.as_deref(), Some("the host answered 302: redirects are not followed"));
    world.bench.pass(1801);
    world.sweep().await;
    world.run().await;
    let shown = world.shown("a").await;
    assert_eq!((shown.trouble, shown.failing_since, shown.taken_at), (None, None, Some(world.bench.app.now())));
    let asked = world.others.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|again| again.body == asked[0].body && again.is_signed_for("webhook/a")));
    assert!(asked.iter().all(|again| again.header("webhook-id") == asked[0].header("webhook-id")));
    assert_ne!(asked[0].header("webhook-timestamp"), asked[2].header("webhook-timestamp"), "signed when it is sent");
    assert_eq!(world.bench.net.asked(), [HOST, HOST, HOST], "a redirect leads nowhere");
}

/// LINK-11 a subscriber that says when to call again is left alone until then, in seconds or by a date, for a day at most;
/// and never called sooner than without it.
#[tokio::test]
async fn link_11_a_subscriber_that_asks_for_a_pause_gets_it() {
    for (status, wait, minutes) in [
        (429, "retry-after: 3600", 60),
        (503, "retry-after: 3600", 60),
        (429, "retry-after: Sun, 22 Nov 2026 02:00:00 GMT", 120),
        (429, "retry-after: 1", 5),
        (429, "retry-after: Sat, 21 Nov 2026 02:00:00 GMT", 5),
        (429, "retry-after: 9999999", 1440),
        (500, "retry-after: 3600", 5),
    ] {
        let world = World::new().await;
        world.webhook("a", &format!("https://{HOST}/")).await;
        world.others.then([Does::SaysWith(status, wait, String::new())]);
        queue(&world.bench, &to_webhook(&test_message("1"), "a")).await;
        world.run().await;
        assert_eq!(world.others.asked().len(), 1);
        let mut passed = 0;
        while world.others.asked().len() == 1 {
            world.bench.pass(300);
            passed += 5;
            world.sweep().await;
            world.run().await;
            assert!(passed <= 1440, "{status} {wait}");
        }
        assert_eq!(passed, minutes, "{status} {wait}");
        assert_eq!(world.shown("a").await.trouble, None);
    }
}

/// LINK-11 a subscriber that says 410 has ended its webhook: that message is not tried again, what waits for it is not sent,
/// what comes later not even queued, and it is shown; the others are told on.
#[tokio::test]
async fn link_11_a_subscriber_that_is_gone_is_told_nothing_more() {
    let world = World::new().await;
    world.webhook("a", &format!("https://{HOST}/a")).await;
    world.webhook("b", &format!("https://{HOST}/b")).await;
    world.others.then([Does::Says(410, "gone")]);
    queue(&world.bench, &to_webhook(&test_message("1"), "a")).await;
    world.run().await;
    let shown = world.shown("a").await;
    assert_eq!((shown.ended_at, shown.given_up), (Some(world.bench.app.now()), 0));
    assert_eq!(shown.trouble.as_deref(), Some("the host answered 410"));
    assert!(world.open().await.is_empty(), "it is not tried again");

    queue(&world.bench, &to_webhook(&test_message("2"), "a")).await;
    world.run().await;
    world.confirm().await;
    world.run().await;
    assert!(world.open().await.iter().all(|queued| queued.consumer != "outside"));
    let asked: Vec<String> =
        world.others.asked().iter().map(|asked| asked.head.split(' ').nth(1).unwrap_or_default().to_owned()).collect();
    assert_eq!(asked, ["/a", "/b"]);

    // An operator begins again: what happens from then on is told.
    let mut write = Write::new();
    write.resume_webhook(&world.bench.store, "a");
    write.commit(&world.bench.store).await.expect("it is there");
    queue(&world.bench, &to_webhook(&test_message("3"), "a")).await;
    world.run().await;
    let shown = world.shown("a").await;
    assert_eq!((shown.ended_at, shown.trouble, shown.taken_at), (None, None, Some(world.bench.app.now())));
}

/// LINK-11 a webhook that was removed is told nothing more, and nothing waits for it.
#[tokio::test]
async fn link_11_a_removed_webhook_is_told_nothing_more() {
    let world = World::new().await;
    world.webhook("a", &format!("https://{HOST}/")).await;
    world.others.then([Does::HangsUp]);
    let message = test_message("1");
    queue(&world.bench, &to_webhook(&message, "a")).await;
    world.run().await;
    let mut write = Write::new();
    write.remove_webhook(&world.bench.store, "a");
    write.commit(&world.bench.store).await.expect("it is written");
    world.bench.pass(301);
    world.sweep().await;
    world.run().await;
    assert_eq!(world.others.asked().len(), 1);
    assert!(world.open().await.is_empty());
    assert!(world.bench.store.webhooks().await.expect("it answers").is_empty(), "its failure brings nothing back");
}

/// LINK-11 the bus is one receiver among others: while it takes nothing, webhooks are told, and it is told later.
#[tokio::test]
async fn link_11_a_bus_that_takes_nothing_is_told_later() {
    let world = World::new().await;
    world.webhook("a", &format!("https://{HOST}/")).await;
    world.bench.published.refuse(true);
    world.confirm().await;
    world.run().await;
    assert_eq!((world.others.asked().len(), world.bench.published.all().len()), (1, 0));
    world.bench.published.refuse(false);
    world.bench.pass(301);
    world.sweep().await;
    world.run().await;
    assert_eq!((world.others.asked().len(), world.bench.published.all().len()), (1, 1));
}

/// LINK-11 names are resolved once a call, every address that they lead to is checked, and exactly such a one is called: one
/// foot inside is enough to be refused.
#[tokio::test]
async fn link_11_only_public_addresses_are_called_and_exactly_those_that_were_checked() {
    let world = World::new().await;
    let outside = world.bench.app.outside.as_ref().expect("a way out");
    let message = test_message("1");
    let call = |url: String| {
        let message = &message;
        async move {
            let url: Endpoint = url.parse().expect("an address");
            outside.post(&url, "webhook/a", message, message.at).await
        }
    };
    for inside in [
        &["127.0.0.1"][..],
        &["10.1.2.3"],
        &["169.254.169.254"],
        &["::1"],
        &["fd00:ec2::254"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["93.184.216.34", "192.168.1.1"],
        &["2606:2800:220:1::1", "fe80::1"],
    ] {
        world.bench.net.name("inside.contoso.example", inside);
        assert_eq!(call("https://inside.contoso.example/".into()).await, Err(Trouble::NotPublic), "{inside:?}");
    }
    assert_eq!(world.bench.net.dialled(), []);
    assert_eq!(call("https://unknown.contoso.example/".into()).await, Err(Trouble::NoSuchName));
    world.bench.net.name("empty.contoso.example", &[]);
    assert_eq!(call("https://empty.contoso.example/".into()).await, Err(Trouble::NoSuchName));
    assert_eq!(call("http://127.0.0.1:1/".into()).await, Err(Trouble::ThisMachine));
    assert!(world.others.asked().is_empty());

    let before = world.bench.net.asked().len();
    assert_eq!(call(format!("https://{HOST}/")).await.map(|answer| answer.status), Ok(200));
    assert_eq!(world.bench.net.asked().len(), before + 1, "resolved once");
    assert_eq!(world.bench.net.dialled(), ["93.184.216.34:443".parse().expect("an address")]);
    // Another name at the same host: its certificate is not for that.
    world.bench.net.name("other.contoso.example", &["93.184.216.34"]);
    assert_eq!(call("https://other.contoso.example/".into()).await, Err(Trouble::NotTrusted));
}

/// LINK-11 a call ends in time and reads little, whatever the host does.
#[tokio::test]
async fn link_11_slow_and_huge_answers_are_bounded() {
    let world = World::new().await;
    let outside = world.bench.app.outside.as_ref().expect("a way out");
    let url: Endpoint = format!("https://{HOST}/").parse().expect("an address");
    let message = test_message("1");
    let long_head = format!("x: {}", "y".repeat(40_000));
    let long_head: &'static str = Box::leak(long_head.into_boxed_str());
    for (does, expected) in [
        (Does::HangsUp, Err(Trouble::Broken)),
        (Does::Babbles, Err(Trouble::Broken)),
        (Does::SaysWith(200, long_head, String::new()), Err(Trouble::Broken)),
        (Does::Floods, Ok((200, 4096))),
        (Does::SaysWith(200, "content-type: text/plain", "z".repeat(100_000)), Ok((200, 4096))),
        (Does::Says(307, "elsewhere"), Ok((307, 9))),
        (Does::Hangs, Err(Trouble::TooSlow)),
    ] {
        let shown = format!("{does:?}");
        world.others.then([does]);
        // Five seconds, and some for a busy machine.
        let call = outside.post(&url, "webhook/a", &message, message.at);
        let answer = tokio::time::timeout(Duration::from_secs(8), call).await.expect("it ends in time");
        let shown = &shown[..shown.len().min(60)];
        assert_eq!(answer.map(|answer| (answer.status, answer.text.len())), expected, "{shown}");
    }
    // Nobody listens any more.
    world.bench.net.set_behind("127.0.0.1:9".parse().expect("an address"));
    assert_eq!(outside.post(&url, "webhook/a", &message, message.at).await, Err(Trouble::NoConnection));
}

/// LINK-11 with an endpoint the activation is `provisioning` until that says that it is done; then it is in use and the mail
/// goes out. The same question has the same id.
#[tokio::test]
async fn link_11_an_endpoint_that_is_at_work_is_asked_again_until_it_is_done() {
    let world = World::with_endpoint().await;
    world.confirm().await;
    assert_eq!(world.bench.state(MAIL).await, "provisioning");
    assert_eq!(world.mails().await, [] as [String; 0]);
    world.others.then([Does::Says(202, ""), Does::Says(202, "")]);
    let question = world.asking().await.event;
    ask(&world.bench.app, &question, &[Duration::from_millis(1)]).await.expect("the database answers");
    assert_eq!(world.others.asked().len(), 2, "once, and once more after a moment");
    assert_eq!(world.bench.state(MAIL).await, "provisioning");
    let waiting = world.asking().await;
    assert!(waiting.held && waiting.trouble.as_deref() == Some("the endpoint is at work"));

    world.bench.pass(301);
    world.sweep().await;
    world.ask().await;
    assert_eq!(world.bench.state(MAIL).await, "activated");
    assert_eq!(world.mails().await, ["activated|enterprise/88590039|MAIL-ENT|3"]);
    let asked = world.others.asked();
    assert_eq!(asked.len(), 3);
    assert!(asked.iter().all(|again| again.is_signed_for("endpoint/MAIL-ENT") && again.body == asked[0].body));
    assert!(asked[0].header("webhook-id").starts_with("prv_"));
    assert!(asked.iter().all(|again| again.header("webhook-id") == asked[0].header("webhook-id")));
    assert_eq!(asked[0].what(), ("activation.provision".into(), 2));
    // The question that comes again finds nothing to ask.
    ask(&world.bench.app, &question, NOW_ONLY).await.expect("the database answers");
    assert_eq!(world.others.asked().len(), 3);
    world.run().await;
    let told: Vec<String> = world.bench.published.all().into_iter().map(|(what, _)| what).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.contains(&"activation.confirmed".to_owned()) && told.contains(&"activation.provisioned".to_owned()));
}

/// LINK-11 no clear answer is none: it is asked again after growing pauses, and nothing else changes.
#[tokio::test]
async fn link_11_without_a_clear_answer_it_is_asked_again_and_again() {
    let world = World::with_endpoint().await;
    world.confirm().await;
    let answers = [
        Does::Says(500, "no"),
        Does::Says(408, ""),
        Does::Says(425, ""),
        Does::Says(429, ""),
        Does::HangsUp,
        Does::SaysWith(301, "location: https://elsewhere.example/", String::new()),
        Does::Babbles,
        Does::Says(503, ""),
    ];
    let (mut waited, before) = (Vec::new(), world.bench.activation(MAIL).await);
    for does in answers {
        world.others.then([does]);
        world.ask().await;
        assert_eq!(world.bench.activation(MAIL).await, before);
        let mut passed = 0;
        while world.asking().await.held {
            world.bench.pass(300);
            passed += 5;
            world.sweep().await;
        }
        waited.push(passed);
    }
    assert_eq!(waited, [5, 5, 10, 20, 40, 80, 160, 360]);
    world.ask().await;
    assert_eq!(world.bench.state(MAIL).await, "activated");
}

/// LINK-11 an endpoint that says when to ask again is left alone until then.
#[tokio::test]
async fn link_11_an_endpoint_that_asks_for_a_pause_gets_it() {
    let world = World::with_endpoint().await;
    world.confirm().await;
    world.others.then([Does::SaysWith(503, "retry-after: 3600", String::new())]);
    world.ask().await;
    let mut passed = 0;
    while world.asking().await.held {
        world.bench.pass(300);
        passed += 5;
        world.sweep().await;
    }
    assert_eq!(passed, 60);
    world.ask().await;
    assert_eq!(world.bench.state(MAIL).await, "activated");
}

/// LINK-11 a definite no stays with its reason, in plain text, until an operator has it asked again.
#[tokio::test]
async fn link_11_a_refusal_is_kept_with_its_reason_and_not_asked_again() {
    let world = World::with_endpoint().await;
    world.confirm().await;
    let problem = r#"{"title":"No","detail":"No seats left\nfor this customer."}"#;
    world.others.then([Does::SaysWith(422, "content-type: application/problem+json", problem.into())]);
    world.run().await;
    let State::Provisioning(setup) = world.bench.activation(MAIL).await.state else { panic!("it is being set up") };
    assert_eq!(setup.refused.expect("it was refused").reason, "No seats left for this customer.");
    world.bench.pass(24 * 3600);
    world.sweep().await;
    world.run().await;
    assert_eq!(world.others.asked().len(), 1, "a no is a no");
    assert!(
        world
            .bench
            .published
            .all()
            .iter()
            .any(|(what, detail)| what == "activation.refused" && detail.contains("No seats left"))
    );

    let operator = Actor::Operator { name: "ops".into() };
    world.step(|it| it.ask_endpoint_again(operator, "mended").expect("it was refused")).await;
    world.run().await;
    assert_eq!(world.bench.state(MAIL).await, "activated");
    let asked = world.others.asked();
    assert_eq!(asked[0].header("webhook-id"), asked[1].header("webhook-id"), "it is still the same request");
}

/// LINK-11 LINK-07 taken back while it is being set up: the endpoint is told so, asked nothing more, and a late yes counts for
/// nothing.
#[tokio::test]
async fn link_11_what_was_taken_back_is_not_set_up() {
    let world = World::with_endpoint().await;
    world.confirm().await;
    world.others.then([Does::Says(202, "")]);
    world.ask().await;
    world.undo().await;
    world.bench.pass(301);
    world.sweep().await;
    world.run().await;
    assert_eq!(world.bench.state(MAIL).await, "invited");
    let mut heard = world.others.heard();
    heard.sort();
    assert_eq!(heard, [("activation.provision".into(), 2), ("activation.undone".into(), 3)]);
    assert!(world.open().await.iter().all(|queued| queued.consumer == "mail"), "nothing waits any more");

    // Confirmed anew, it is another request.
    world.confirm().await;
    world.ask().await;
    let ids: std::collections::BTreeSet<String> =
        world.others.asked().iter().map(|asked| asked.header("webhook-id").to_owned()).collect();
    assert_eq!((ids.len(), world.bench.state(MAIL).await), (3, "activated"));
}

/// LINK-11 an endpoint that was taken away leaves nothing to be set up.
#[tokio::test]
async fn link_11_without_its_endpoint_what_waits_is_in_use() {
    let world = World::with_endpoint().await;
    world.confirm().await;
    world.bench.set_endpoint(MAIL, None).await;
    world.run().await;
    assert_eq!((world.bench.state(MAIL).await, world.others.asked().len()), ("activated", 0));
}

/// LINK-11 what changes while the endpoint is being asked is kept: its answer does not write over it.
#[tokio::test]
async fn link_11_a_change_while_the_endpoint_is_asked_is_kept() {
    let world = World::with_endpoint().await;
    world.confirm().await;
    world.others.then([Does::SaysLate(200)]);
    let event = world.asking().await.event;
    let app = world.bench.app.clone();
    let asking = tokio::spawn(async move { ask(&app, &event, NOW_ONLY).await });
    while world.others.asked().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let operator = Actor::Operator { name: "ops".into() };
    world.step(|it| it.ask_endpoint_again(operator, "now").expect("it is being set up")).await;
    asking.await.expect("no panic").expect("the database answers");
    // The older question ended without an answer; the newer one goes on.
    assert_eq!(world.bench.state(MAIL).await, "provisioning");
    world.ask().await;
    assert_eq!(world.bench.state(MAIL).await, "activated");
}

/// LINK-11 faults at every call, before and after it took effect: nothing is lost, nothing is written twice or half.
#[tokio::test]
async fn link_11_faults_at_every_call_lose_nothing() {
    // A dry pass counts the calls of each kind of work.
    for kind in ["announce", "ask", "refuse", "put-off"] {
        let dry = prepared(kind).await;
        let faults = Faults::on(&dry.bench);
        records(&faults.app(Retries::Off), dry.stream().await).await;
        let calls = faults.calls();
        assert!(!calls.is_empty());
        // Where more calls follow, any of them fails in its turn; the others fail together from one on.
        let faults = if matches!(kind, "announce" | "ask") { Fault::every(&calls) } else { Fault::crashes(&calls) };
        for fault in faults {
            let world = prepared(kind).await;
            let faults = Faults::on(&world.bench);
            faults.plan(fault);
            records(&faults.app(Retries::Off), world.stream().await).await;
            assert!(faults.happened(), "{kind}: {fault}");
            // A delivery waits for the sweep, and not for the stream, which would bring it beside the call that made it.
            let is_delivery = |queued: &Queued| matches!(queued.event, Event::Deliver { .. });
            assert!(world.open().await.iter().filter(|queued| is_delivery(queued)).all(|queued| queued.held));
            faults.heal();
            // The stream brings it again, and what was only noted in passing the sweep does.
            for _ in 0..3 {
                world.run().await;
                if world.open().await.iter().all(|queued| queued.consumer == "mail") {
                    break;
                }
                world.bench.pass(601);
                world.sweep().await;
            }
            world.run().await;
            let what = format!("{kind}: {fault}");
            let published = world.bench.published.all();
            let told = |name: &str| published.iter().filter(|(what, _)| what == name).count();
            // Where the mark that it was taken was lost, it goes out again: at least once.
            assert!((1..=2).contains(&told("activation.confirmed")), "{what}: {published:?}");
            let ids: std::collections::BTreeSet<_> = published.iter().map(|(_, detail)| detail.clone()).collect();
            assert_eq!(ids.len(), if kind == "announce" { 1 } else { 2 }, "{what}: {published:?}");
            let version = world.bench.activation(MAIL).await.version;
            let (state, expected) = match kind {
                "announce" => ("activated", 2),
                "refuse" => ("provisioning", 3),
                _ => ("activated", 3),
            };
            assert_eq!((world.bench.state(MAIL).await, version), (state, expected), "{what}");
            assert!(world.open().await.iter().all(|queued| queued.consumer == "mail"), "{what}");
            assert_eq!(world.mails().await.len(), 1, "{what}: who activated is told how it ended");
            let chain = licensing::audit::licence_chain(&licence());
            let entries = world.bench.store.audit_head(&chain).await.expect("it answers").expect("it has entries");
            assert_eq!(entries.newest, expected, "{what}: one entry a change");
            assert!(
                world.bench.store.activations_for_operators().await.expect("it answers").len()
                    == usize::from(kind == "refuse")
            );
        }
    }
}

async fn prepared(kind: &str) -> World {
    let world = if kind == "announce" { World::new().await } else { World::with_endpoint().await };
    world.others.then(match kind {
        "refuse" => vec![Does::Says(403, "no"); 8],
        "put-off" => vec![Does::Says(503, "")],
        _ => vec![],
    });
    if kind == "announce" {
        world.webhook("a", &format!("https://{HOST}/")).await;
    }
    world.confirm().await;
    world
}

/// LINK-11 many messages for one receiver at once: each is taken once.
#[tokio::test]
async fn link_11_deliveries_are_done_once_each_side_by_side() {
    let world = World::new().await;
    world.webhook("a", &format!("https://{HOST}/")).await;
    let messages: Vec<Message> = (0..10).map(|number| test_message(&number.to_string())).collect();
    for message in &messages {
        queue(&world.bench, &to_webhook(message, "a")).await;
    }
    world.run().await;
    let ids: std::collections::BTreeSet<String> =
        world.others.asked().iter().map(|asked| asked.header("webhook-id").to_owned()).collect();
    assert_eq!((ids.len(), world.others.asked().len()), (10, 10));
    assert!(world.open().await.is_empty());
    // What is handed over again is done already.
    deliver(&world.bench.app, &to_webhook(&messages[0], "a")).await.expect("the database answers");
    let told = Message { what: MessageKind::Confirmed, ..messages[0].clone() };
    announce(&world.bench.app, &told).await.expect("what was never written is nobody's");
    assert_eq!(world.others.asked().len(), 10);
}

/// LINK-11 whichever of eight messages of a batch fail: each is told, once. The stream hands over again what failed *and*
/// what stood behind it; that tells nothing again.
#[tokio::test]
async fn link_11_whichever_of_eight_messages_fail_each_is_told_once() {
    let bench = Bench::new().await;
    let faults = Faults::on(&bench);
    let app = faults.app(Retries::Off);
    let mut again = 0;
    for failing in OfEight::every_way() {
        let (ids, batch) = eight_messages(&bench, &failing.to_string()).await;

        // The database is too busy for some of them, at first.
        let busy_for: Vec<String> = failing.places().into_iter().map(|place| ids[place].clone()).collect();
        faults.refuse(move |call, body| {
            let body = body.to_string();
            call.operation == "TransactWriteItems" && busy_for.iter().any(|id| body.contains(id))
        });
        let before = bench.published.all().len();
        let function = async |event| Some(records(&app, serde_json::from_value(event).ok()?).await);
        again += drive_failing(&batch, failing, function, async || {
            assert_eq!(bench.published.all().len() - before, failing.others().len(), "{failing}: the others were told");
            faults.heal();
        })
        .await;
        assert_eq!(told_since(&bench, before), sorted(ids), "{failing}: each message, once");
    }
    assert_eq!(again, COME_AGAIN);
}

/// LINK-11 whichever of eight records can't be read: they end with the dead letters, and each of the others is told, once.
#[tokio::test]
async fn link_11_whichever_of_eight_records_are_poison_the_others_are_told_once() {
    let bench = Bench::new().await;
    for poisoned in OfEight::every_way() {
        let (ids, mut batch) = eight_messages(&bench, &format!("poison-{poisoned}")).await;
        for place in poisoned.places() {
            batch[place] = poison(place);
        }
        let before = bench.published.all().len();
        let driven =
            drive(&batch, ATTEMPTS, async |event| Some(records(&bench.app, serde_json::from_value(event).ok()?).await))
                .await;
        assert_eq!(driven.dead, poisoned.places(), "{poisoned}");
        let others = poisoned.others().into_iter().map(|place| ids[place].clone()).collect();
        assert_eq!(told_since(&bench, before), sorted(others), "{poisoned}: each message, once");
    }
}

/// Queues eight messages: their ids, and their items as the stream carries them.
async fn eight_messages(bench: &Bench, mark: &str) -> (Vec<String>, Vec<serde_json::Value>) {
    let (mut ids, mut images) = (Vec::new(), Vec::new());
    for place in 0..8 {
        let message = test_message(&format!("{mark}-{place}"));
        ids.push(message.id());
        let event = Event::announce(message);
        queue(bench, &event).await;
        let stored = bench.store.raw(&store::outbox::queued(&event.id())).await.expect("it answers");
        images.push(image(&stored.expect("it is stored")));
    }
    (ids, as_inserted(images))
}

/// The ids of what the bus was told since there were so many, sorted.
fn told_since(bench: &Bench, before: usize) -> Vec<String> {
    let id = |detail: &str| {
        let detail: serde_json::Value = serde_json::from_str(detail).expect("JSON");
        detail["id"].as_str().expect("an id").to_owned()
    };
    sorted(bench.published.all()[before..].iter().map(|(_, detail)| id(detail)).collect())
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}
