//! What each access pattern costs the database: sequential steps, calls, capacity units. infra/README.md and infra/FIGURES.md
//! quote the sums; a test compares them.
//!
//! The units are those that the embedded database reports. It bills as AWS documents it, indexes and transactions
//! included, but it is not AWS: take the figures for the order of magnitude and for what a change adds.

use std::{collections::BTreeMap, fmt::Write as _};

use api::{
    activations::{Choice, Confirm, Preview, Target, Which},
    path,
};
use gateway::{
    Request,
    boot::Deadline,
    testing::{
        Bench, Browser,
        scene::{LICENCE, MAIL, at_contoso, licence, sku},
    },
};
use http::HeaderValue;
use licensing::{
    activation::{Invitation, State},
    event::Event,
    import::{Lines, Reader},
};
use load_orders::{Loader, Options};
use serde_json::{Value, json};
use store::{
    Table,
    mails::letter_id,
    meter::Reading,
    outbox::{Queued, of_record},
};
use tests::programs::root;

/// Orders are loaded so many at a time.
const AT_ONCE: u32 = 48;

/// EXP-02 EXP-07 ACT-02 LINK-04 the life of an order, measured from its loading to the seats in use, and the sweep.
#[tokio::test]
async fn exp_07_capacity_units_of_every_access_pattern() {
    let mut costs = Costs::of(Bench::new().await);
    costs.bench.contoso().await;

    costs.load().await;
    let first = costs.order("PO-0001").await;
    costs.take("take in a first order: activation and mail", &first).await;
    let link = costs.waiting().await;
    costs.deliver("mail the activation link", &link).await;
    let letter = letter_id(&link[0].event, &at_contoso("osm"));
    costs.note("take in that it was delivered", async |bench| delivered(bench, &letter).await).await;
    let further = costs.order("PO-0002").await;
    costs.take("take in a further order", &further).await;

    let token = costs.bench.token(MAIL).await;
    let osm = Browser::new();
    let body = json!({ "token": token });
    costs.ask("inspect a link", osm.post(path::LINK, &body), &osm).await;
    let body = json!({ "address": "osm@contoso.example" });
    costs.ask("ask for a code", osm.post(path::SIGN_IN_ASK, &body), &osm).await;
    let mail = costs.waiting().await;
    let Event::SignInCode { address, device, generation, .. } = &mail[0].event else { panic!("a code is mailed") };
    let code = costs.bench.app.keys.links().code(address, device, *generation);
    costs.deliver("mail the code", &mail).await;
    let body = json!({ "address": "osm@contoso.example", "code": code });
    costs.ask("sign in for the first time", osm.post(path::SIGN_IN, &body), &osm).await;
    let target = || Target::Link(token.clone());
    let body = Preview { target: target(), choice: None };
    costs.ask("see which accounts can be chosen", osm.post(path::PREVIEW, &body), &osm).await;
    let choice = || Choice::New("Contoso".into());
    let body = Preview { target: target(), choice: Some(choice()) };
    costs.ask("preview", osm.post(path::PREVIEW, &body), &osm).await;
    let mut confirm = osm.post(path::CONFIRM, &Confirm { target: target(), choice: choice() });
    confirm.headers_mut().insert("idempotency-key", HeaderValue::from_static("key-00000001"));
    costs.ask("confirm", confirm, &osm).await;
    let told = costs.waiting().await;
    costs.deliver("mail that it is activated", &told).await;
    costs.announce("tell the event bus, with no webhook").await;

    costs.ask("list activations", osm.get(path::ACTIVATIONS), &osm).await;
    costs.ask("open one activation", osm.get(&path::activation("enterprise", "88590039", MAIL)), &osm).await;
    costs.ask("where is my activation?", osm.get(&path::where_is("enterprise", "88590039")), &osm).await;
    let body = Which { licence: licence(), product: sku(MAIL) };
    costs.ask("take it back", osm.post(path::UNDO, &body), &osm).await;
    costs.sweep().await;

    let orders = [
        "load an order, one of 48",
        "take in a first order: activation and mail",
        "mail the activation link",
        "take in that it was delivered",
    ];
    costs.thousand("1,000 orders, to the delivered mail", orders);
    let activations = [
        "inspect a link",
        "ask for a code",
        "mail the code",
        "sign in for the first time",
        "see which accounts can be chosen",
        "preview",
        "confirm",
        "mail that it is activated",
        "tell the event bus, with no webhook",
    ];
    costs.thousand("1,000 activations, from the click", activations);
    insta::assert_snapshot!(costs.lines);
}

/// EXP-07 the guide's prices and the figures quote what is counted here.
#[test]
fn exp_07_documents_quote_what_is_counted() {
    let text =
        |name: &str| std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let counted = text("tests/tests/snapshots/capacity__exp_07_capacity_units_of_every_access_pattern.snap");
    // Steps, calls, read units, write units. What comes twice, the tallies of limits, is summed up.
    let of = |what: &str| -> [u64; 4] {
        let rows = counted.lines().filter_map(|line| line.split_at_checked(46)).filter(|(name, _)| name.trim() == what);
        let rows: Vec<Vec<u64>> = rows
            .map(|(_, numbers)| numbers.split_whitespace().map(|number| number.parse().unwrap_or_default()).collect())
            .collect();
        assert!(!rows.is_empty(), "the snapshot has no row {what}");
        std::array::from_fn(|place| rows.iter().map(|row| row[place]).sum())
    };
    let grouped = |number: u64| match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", number / 1000, number % 1000),
    };
    let (mut guide, mut figures) = (Vec::new(), Vec::new());
    for what in ["1,000 orders, to the delivered mail", "1,000 activations, from the click"] {
        let [_, _, read, write] = of(what).map(grouped);
        guide.push(format!("| {what} | {read} units: "));
        guide.push(format!(" | {write} units: "));
        figures.push(format!("| {what} | {read} | {write} |"));
    }
    let [_, _, read, write] = of("of these, tallies of limits").map(|units| grouped(units * 1000));
    figures.push(format!("| of these, tallies of limits (REG-05) | {read} | {write} |"));
    for what in ["inspect a link", "confirm", "ask for a code", "list activations"] {
        let [steps, calls, ..] = of(what);
        figures.push(format!("| {what} | {steps} | {calls} |"));
    }
    let [_, calls, read, _] = of("sweep that ends 100 links");
    figures.push(format!("100 due links cost {read} read units and {calls} calls"));
    for (name, quoted) in [("infra/README.md", guide), ("infra/FIGURES.md", figures)] {
        let text = text(name);
        for quoted in quoted {
            assert!(text.contains(&quoted), "{name} does not say: {quoted}");
        }
    }
}

struct Costs {
    bench: Bench,
    lines: String,
    used: BTreeMap<&'static str, Reading>,
}

impl Costs {
    fn of(bench: Bench) -> Self {
        let lines = format!("{:<46}{:>8}{:>8}{:>12}{:>12}\n", "", "steps", "calls", "read units", "write units");
        Self { bench, lines, used: BTreeMap::new() }
    }

    async fn note<T>(&mut self, what: &'static str, work: impl AsyncFnOnce(&Bench) -> T) -> T {
        let before = self.bench.app.store.meter().read();
        let done = work(&self.bench).await;
        self.keep(what, self.bench.app.store.meter().read() - before);
        done
    }

    fn keep(&mut self, what: &'static str, used: Reading) {
        self.line(what, &used.steps.to_string(), used);
    }

    fn line(&mut self, what: &'static str, steps: &str, used: Reading) {
        let units = |units: f64| format!("{:.1$}", units, if units.fract() == 0.0 { 0 } else { 2 });
        let (calls, read, write) = (used.calls, units(used.read_units), units(used.write_units));
        writeln!(self.lines, "{what:<46}{steps:>8}{calls:>8}{read:>12}{write:>12}").expect("text takes text");
        self.used.insert(what, used);
    }

    /// Without steps: of calls that are made side by side, some end before others begin, and not the same each time.
    async fn note_calls<T>(&mut self, what: &'static str, work: impl AsyncFnOnce(&Bench) -> T) -> T {
        let before = self.bench.app.store.meter().read();
        let done = work(&self.bench).await;
        self.line(what, "-", self.bench.app.store.meter().read() - before);
        done
    }

    /// Of so many parts, a thousand times.
    fn thousand<'p>(&mut self, what: &'static str, parts: impl IntoIterator<Item = &'p str>) {
        let mut sum = Reading::default();
        for part in parts {
            sum.calls += self.used[part].calls * 1000;
            sum.read_units += self.used[part].read_units * 1000.0;
            sum.write_units += self.used[part].write_units * 1000.0;
        }
        self.line(what, "-", sum);
    }

    async fn ask(&mut self, what: &'static str, request: Request, browser: &Browser) {
        let of_limits = [path::SIGN_IN_ASK, path::SIGN_IN].contains(&request.uri().path());
        let answer = self.note(what, async |bench| {
            let app = &bench.app;
            match request.uri().path() {
                path::SIGN_IN_ASK | path::SIGN_IN => Box::pin(register::handle(app, request)).await,
                path::LINK | path::PREVIEW | path::CONFIRM | path::UNDO => {
                    Box::pin(activate::handle(app, request)).await
                }
                _ => Box::pin(show_portal::handle(app, request)).await,
            }
        });
        let (status, said) = browser.take(&answer.await);
        assert_eq!(status, 200, "{what}: {said}");
        // What limits cost is told apart: strangers are counted by network, recipient domain and deployment (REG-05).
        let used = self.used[what];
        let (read_units, write_units) = (used.marks_read_units, used.marks_write_units);
        if of_limits {
            self.line("  of these, tallies of limits", "-", Reading { read_units, write_units, ..Reading::default() });
        }
    }

    /// Loads a batch of orders after what they depend on.
    async fn load(&mut self) {
        let options = Options { load: "one".into(), operator: "ann".into(), dry_run: false };
        let app = self.bench.app.clone();
        let mut loader = Loader::new(&app, options);
        // What the orders refer to, and two that the story goes on with.
        let mut text = json!({
            "type": "agreement", "programme": "select", "number": "100", "customer": "contoso",
            "starts": "2026-01-01", "ends": "2028-12-31", "contacts": { "primary": "primary@contoso.example" },
        })
        .to_string();
        text.extend([order(1, LICENCE), order(2, LICENCE), order(3, "select/100")].map(|row| format!("\n{row}")));
        Box::pin(loader.take(&rows(&text))).await.expect("the database answers");

        let text: Vec<String> = (10..10 + AT_ONCE).map(|number| order(number, "select/100").to_string()).collect();
        let rows = rows(&text.join("\n"));
        let before = app.store.meter().read();
        let loaded = Box::pin(loader.take(&rows)).await.expect("the database answers");
        let all = app.store.meter().read() - before;
        assert_eq!(loaded.taken, u64::from(AT_ONCE));
        self.keep("load 48 orders", all);
        let each = f64::from(AT_ONCE);
        let (read_units, write_units) = (all.read_units / each, all.write_units / each);
        self.line("load an order, one of 48", "-", Reading { read_units, write_units, ..Reading::default() });
    }

    async fn order(&self, id: &str) -> store::orders::StoredOrder {
        let id = id.parse().expect("an id");
        self.bench.app.store.get(&store::orders::order(&id)).await.expect("it answers").expect("it was loaded")
    }

    async fn take(&mut self, what: &'static str, order: &store::orders::StoredOrder) {
        self.note(what, async |bench| Box::pin(send_activation::take_in(&bench.app, order)).await)
            .await
            .expect("taken in");
    }

    /// What waits in the outbox.
    async fn waiting(&self) -> Vec<Queued> {
        let store = &self.bench.app.store;
        let found = store.client().scan().table_name(store.name(Table::Outbox)).send().await.expect("it answers");
        let events = found.items.unwrap_or_default().into_iter().filter_map(|item| of_record(item).expect("an event"));
        // What subscribers are told is not mailed.
        events.filter(|event| event.consumer != "outside").collect()
    }

    /// Tells subscribers of the confirmation.
    async fn announce(&mut self, what: &'static str) {
        let store = &self.bench.app.store;
        let found = store.client().scan().table_name(store.name(Table::Outbox)).send().await.expect("it answers");
        let events = found.items.unwrap_or_default().into_iter().filter_map(|item| of_record(item).expect("an event"));
        let message = |queued: Queued| match queued.event {
            Event::Announce { message } => Some(message),
            _ => None,
        };
        let told: Vec<_> = events.filter_map(message).collect();
        let [message] = told.as_slice() else { panic!("one message") };
        self.note(what, async |bench| provision::announce(&bench.app, message).await).await.expect("told");
        assert_eq!(self.bench.published.all().len(), 1);
    }

    async fn deliver(&mut self, what: &'static str, events: &[Queued]) {
        assert!(!events.is_empty(), "{what}");
        let before = self.bench.mails.sent().len();
        self.note(what, async |bench| {
            for event in events {
                Box::pin(deliver_mail::deliver(&bench.app, event)).await.expect("delivered");
            }
        })
        .await;
        assert!(self.bench.mails.sent().len() > before, "{what}");
        assert!(self.waiting().await.is_empty(), "{what}");
    }

    /// A sweep that finds nothing, and one that ends a hundred links.
    async fn sweep(&mut self) {
        let sweep =
            async |bench: &Bench| Box::pin(expire_links::sweep(&bench.app, Deadline::NONE)).await.expect("swept");
        // A portal of its own, without what the story above left to be swept.
        self.bench = Bench::new().await;
        self.bench.contoso().await;
        self.bench.invite(MAIL).await;
        for event in self.waiting().await {
            self.bench.app.store.event_done(&event.event.id(), self.bench.app.now()).await.expect("it answers");
        }
        // The first sweep has no watermark and looks further back.
        sweep(&self.bench).await;
        self.note_calls("sweep that finds nothing", sweep).await;
        let end = licensing::when::add_hours(self.bench.app.now(), 1);
        let template = self.bench.activation(MAIL).await;
        let State::Invited(invitation) = &template.state else { panic!("invited") };
        for number in 0..100 {
            let mut link = template.clone();
            link.licence = format!("enterprise/{number}").parse().expect("a licence");
            link.state = State::Invited(Invitation { expires_at: end, delivered: true, ..invitation.clone() });
            self.bench.app.store.seed_activation(&link, &self.bench.app.policy.links).await.expect("stored");
        }
        self.bench.pass(3600);
        let report = self.note_calls("sweep that ends 100 links", sweep).await;
        assert_eq!(report.steps["activation.expired"], 100);
    }
}

fn order(number: u32, licence: &str) -> Value {
    let (programme, licence) = licence.split_once('/').expect("a programme and a number");
    json!({
        "type": "order", "id": format!("PO-{number:04}"), "programme": programme, "number": licence,
        "purchased": "2026-11-10", "usage_starts": "2026-11-10", "lines": [{ "product": MAIL, "quantity": 25 }],
    })
}

fn rows(text: &str) -> Vec<licensing::import::Row> {
    let (mut lines, mut reader, mut rest, mut rows) = (Lines::new(), Reader::new(), text.as_bytes(), Vec::new());
    while let Some(line) = lines.next(&mut rest) {
        rows.push(reader.read(&line));
    }
    rows.extend(lines.last().map(|line| reader.read(&line)));
    rows
}

/// SES reports that the receiving server took a mail.
async fn delivered(bench: &Bench, letter: &str) {
    let event = json!({ "detail": {
        "eventType": "Delivery",
        "mail": { "tags": { "mail": [letter] } },
        "delivery": { "timestamp": bench.app.now().to_string(), "recipients": ["osm@contoso.example"] },
    }});
    assert_eq!(mail_events::take(&bench.app, event).await.expect("the database answers").delivered, 1);
}
