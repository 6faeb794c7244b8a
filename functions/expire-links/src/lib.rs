//! `expire-links`: ends and begins everything that is due (EXP-01), on a schedule.
//!
//! The work is proportional to what is due: the sweep walks the due index from its watermark to now, one partition a day
//! and shard (EXP-02). Each item is one conditional transaction, so two sweeps at once, a repeated event or a crash
//! end it once (EXP-03). It stops in time and the next sweep goes on (EXP-04).

mod holding;

use std::time::Duration;

use futures_util::future::join_all;
use gateway::{
    App,
    boot::Deadline,
    log::{self, Metrics},
    optimistic,
};
use licensing::{
    AccountId, Date, Licence, ProfileId, Sku, Timestamp,
    due::{days, hour, slots},
    when::{less_hours, start_of},
};
use serde::Serialize;
use serde_json::json;
use store::{
    Error, Failed, Write,
    due::{Due, TABLES},
    marks::watermark,
    table::Table,
};

/// What a sweep tells (EXP-07).
pub const METRICS: Metrics = Metrics {
    namespace: "Countersign/Sweep",
    units: &[
        ("changes", "Count"),
        ("events", "Count"),
        ("orders", "Count"),
        ("failed", "Count"),
        ("oldest_due_seconds", "Seconds"),
        ("left", "Count"),
        ("days_left", "Count"),
        ("looks", "Count"),
        ("read_units", "Count"),
        ("write_units", "Count"),
    ],
};

/// What a sweep did: its metrics (EXP-07).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// How many things changed: the sum of `steps`.
    pub changes: u64,
    /// Scheduled mails begun, links ended, reminders, undo windows closed: by the audit's word for it.
    pub steps: std::collections::BTreeMap<String, u64>,
    /// Events that were driven again.
    pub events: u64,
    /// Orders that were taken up again.
    pub orders: u64,
    /// Items that could not be done now; the next sweep tries them again.
    pub failed: u64,
    /// How long the oldest item had been due, seconds.
    pub oldest_due_seconds: i64,
    /// At least so many items were left for the next sweep because time ran out.
    pub left: u64,
    /// Days that were not looked at, for the same reason.
    pub days_left: u64,
    /// Pages of due indexes that were read: what looking costs, found or not.
    pub looks: u64,
    /// Read capacity units used.
    pub read_units: f64,
    /// Write capacity units used.
    pub write_units: f64,
}

/// Items are worked on side by side, so many at most: memory is bounded by a page and this.
const SIDE_BY_SIDE: usize = 16;

/// The watermark stays so far behind, hours: what was written into a day while it passed may show up late in the index.
const LAG_HOURS: u32 = 1;

/// Where a first sweep, without a watermark, begins, hours back.
const FIRST_LOOK_HOURS: u32 = 48;

/// A sweep stops taking new items when less than this is left of its time.
const SPARE: Duration = Duration::from_secs(10);

/// Sweeps everything that is due by now, or until the time is nearly up.
pub async fn sweep(app: &App, deadline: Deadline) -> Result<Report, Error> {
    let now = app.now();
    let before = app.store.meter().read();
    let mark = app.store.get(&watermark("due")).await?.map(|mark| mark.at);
    // Also where the mark is ahead, because the clock was set back, what is young is looked at.
    let young = less_hours(hour(now), LAG_HOURS);
    let from = mark.unwrap_or_else(|| less_hours(hour(now), FIRST_LOOK_HOURS)).min(young);
    let mut sweep = Sweep { app, now, deadline, report: Report::default() };

    // Up to here everything was done: what was not keeps the watermark where it is.
    let mut done_until = from;
    let mut clean = true;
    let mut days = days(from, now);
    for day in days.by_ref() {
        clean &= sweep.day(day).await?;
        if clean {
            done_until = day.tomorrow().map_or(now, start_of);
        }
        if sweep.is_out_of_time() {
            break;
        }
    }
    sweep.report.days_left = days.count() as u64;
    let reached = done_until.min(young);
    if mark.is_none_or(|mark| reached > mark) {
        app.store.advance_watermark("due", reached).await?;
    }
    let used = app.store.meter().read() - before;
    sweep.report.read_units = used.read_units;
    sweep.report.write_units = used.write_units;
    Ok(sweep.report)
}

struct Sweep<'a> {
    app: &'a App,
    now: Timestamp,
    deadline: Deadline,
    report: Report,
}

/// What became of one due item.
enum Outcome {
    Step(&'static str),
    Event,
    Order,
    /// Another sweep was faster, or nothing is due any more.
    Nothing,
    Failed(Error),
}

impl Sweep<'_> {
    fn is_out_of_time(&self) -> bool {
        self.deadline.is_within(SPARE)
    }

    /// All slots of one day. Whether nothing was left or failed.
    async fn day(&mut self, day: Date) -> Result<bool, Error> {
        let mut clean = true;
        // One look after the other: each that goes on beside another opens a connection, which costs more than some looks,
        // and nobody waits.
        for table in TABLES {
            for slot in slots(day) {
                clean &= self.slot(table, &slot).await?;
            }
        }
        Ok(clean)
    }

    async fn slot(&mut self, table: Table, slot: &str) -> Result<bool, Error> {
        let mut clean = true;
        let mut after = None;
        loop {
            let page = self.app.store.due(table, slot, self.now, after).await?;
            self.report.looks += 1;
            let mut rows = page.rows.into_iter();
            while !self.is_out_of_time() {
                let next: Vec<_> = rows.by_ref().take(SIDE_BY_SIDE).collect();
                if next.is_empty() {
                    break;
                }
                let (app, now) = (self.app, self.now);
                let outcomes = join_all(next.iter().map(|(due, _)| one(app, due, now))).await;
                for (outcome, (_, since)) in outcomes.into_iter().zip(next) {
                    self.report.oldest_due_seconds = self.report.oldest_due_seconds.max(now.as_second() - since);
                    clean &= self.count(outcome);
                }
            }
            let left = rows.count() as u64;
            if left > 0 {
                self.report.left += left;
                return Ok(false);
            }
            if page.next.is_none() {
                return Ok(clean);
            }
            if self.is_out_of_time() {
                self.report.left += 1;
                return Ok(false);
            }
            after = page.next;
        }
    }

    /// Counts an outcome; whether it was none that has to be tried again.
    fn count(&mut self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Step(action) => {
                self.report.changes += 1;
                *self.report.steps.entry(action.to_owned()).or_default() += 1;
            }
            Outcome::Event => self.report.events += 1,
            Outcome::Order => self.report.orders += 1,
            Outcome::Nothing => {}
            Outcome::Failed(error) => {
                log::error("something that is due was not done", error, json!({}));
                self.report.failed += 1;
                return false;
            }
        }
        true
    }
}

async fn one(app: &App, due: &Due, now: Timestamp) -> Outcome {
    match due {
        Due::Activation(licence, product) => match activation(app, licence, product, now).await {
            Ok(Some(action)) => Outcome::Step(action),
            Ok(None) => Outcome::Nothing,
            Err(error) => Outcome::Failed(error),
        },
        Due::Join(account, asker) => match join(app, account, asker, now).await {
            Ok(Some(action)) => Outcome::Step(action),
            Ok(None) => Outcome::Nothing,
            Err(error) => Outcome::Failed(error),
        },
        Due::Request(licence, asker) => {
            match app.store.sweep_request(licence, asker, now, &app.policy.requests).await {
                Ok(Some(action)) => Outcome::Step(action),
                Ok(None) => Outcome::Nothing,
                Err(error) => Outcome::Failed(error),
            }
        }
        Due::Holder(licence, address) => match Box::pin(holding::sweep(app, licence, address, now)).await {
            Ok(Some(action)) => Outcome::Step(action),
            Ok(None) => Outcome::Nothing,
            Err(error) => Outcome::Failed(error),
        },
        Due::Event(id) => match app.store.drive_event(id, now).await {
            Ok(true) => Outcome::Event,
            Ok(false) => Outcome::Nothing,
            Err(error) => Outcome::Failed(error),
        },
        Due::Order(id) => match app.store.drive_order(id, now).await {
            Ok(true) => Outcome::Order,
            Ok(false) => Outcome::Nothing,
            Err(error) => Outcome::Failed(error),
        },
    }
}

/// One due activation: read, judged, written on condition that it is still as it was read. What it became, if anything.
async fn activation(
    app: &App,
    licence: &Licence,
    product: &Sku,
    now: Timestamp,
) -> Result<Option<&'static str>, Error> {
    optimistic!(app.store, async {
        let context = app.store.activation_context(licence, product).await?;
        let Some(activation) = context.activation else { return Ok(None) };
        let contacts = context.contacts;
        // Only what begins or changes a mail's addressee asks who can be reached; what ends does not.
        let failing = if activation.has_expired(now) {
            std::collections::BTreeSet::default()
        } else {
            app.store.failing_among(&contacts, now).await?
        };
        let policy = &app.policy.links;
        let Some(step) = activation.sweep(&contacts, |address| failing.contains(address), now, policy) else {
            return Ok(None);
        };
        app.store.write_step(&step, context.head.as_ref(), now, policy, Write::new()).await?;
        Ok::<_, Failed>(Some(step.note().action))
    })
}

/// One request to join on which nobody decided in time. What it became, if anything.
async fn join(
    app: &App,
    account: &AccountId,
    asker: &ProfileId,
    now: Timestamp,
) -> Result<Option<&'static str>, Error> {
    optimistic!(app.store, async {
        let mut context = app.store.join_context(account, asker).await?;
        let Some(step) = context.join.take().and_then(|join| join.end(now)) else { return Ok(None) };
        app.store.write_join(&step, &context, now, store::Write::new()).await?;
        Ok::<_, Failed>(Some(step.note().action))
    })
}
