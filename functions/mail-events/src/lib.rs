//! `mail-events`: takes in what SES reports of our mails, shows it in the ledger, and acts on it (SAFE-03).
//!
//! - Delivered: the ledger says so, and so does the activation whose link it was: its three days are over (ACT-03).
//! - Refused for good: nothing goes to the address for a while, and wherever somebody with it is written to,
//!   `send-activation` is asked to judge afresh, and with that to write to the next contact (ACT-03). Where a stranger had asked
//!   for the mail, it counts ten in what strangers can have mailed to that domain (REG-05).
//! - Complained about: only security mails go to the address any more.
//! - Not delivered yet: the ledger says so. Given up: its link goes to the next contact (ACT-03).
//!
//! What a report comes to is one rule ([`licensing::reach`]): it acts on the address that it names, and only if the mail went
//! there. Each is one conditional transaction that holds only the first time, so that a notice that comes again, late or
//! out of order changes nothing more. What is not about a mail in our ledger is ignored.

mod limits;
mod notice;

use gateway::{
    App,
    log::{self, Level},
    optimistic,
};
use licensing::{
    Address,
    activation::Step,
    reach::{self, FollowUp, Mark, Report},
};
use notice::Notice;
use serde::Serialize;
use serde_json::{Value, json};
use store::{
    Error, Failed, Write,
    audit::StoredHead,
    mails::{Letter, Reported},
};

/// How many notices of an event came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Mails that are now known to be delivered.
    pub delivered: u32,
    /// Mails that are now known to be refused for good.
    pub bounced: u32,
    /// Mails that are now known to be complained about.
    pub complained: u32,
    /// Mails that are now known not to have arrived, for a reason that may pass.
    pub put_off: u32,
    /// Mails that were not sent, because SES holds mail to the address to fail.
    pub not_sent: u32,
    /// Notices that are only noted: of addresses that the mail did not go to.
    pub elsewhere: u32,
    /// Notices that were known already, or are of no mail of ours.
    pub unchanged: u32,
}

/// Takes an event of `EventBridge` or SNS. What comes more than once changes nothing more.
pub async fn take(app: &App, event: Value) -> Result<Counts, Error> {
    let mut counts = Counts::default();
    for notice in notice::notices(&event) {
        let count = match one(app, &notice).await? {
            NoticeOutcome::Known => &mut counts.unchanged,
            NoticeOutcome::Elsewhere => &mut counts.elsewhere,
            NoticeOutcome::New(Mark::Delivered) => &mut counts.delivered,
            NoticeOutcome::New(Mark::PutOff | Mark::GaveUp) => &mut counts.put_off,
            NoticeOutcome::New(Mark::Bounced) => &mut counts.bounced,
            NoticeOutcome::New(Mark::Complained) => &mut counts.complained,
            NoticeOutcome::New(Mark::Suppressed) => &mut counts.not_sent,
        };
        *count += 1;
    }
    Ok(counts)
}

/// What came of a notice.
enum NoticeOutcome {
    Known,
    Elsewhere,
    New(Mark),
}

/// What the notice comes to, judged by what is stored and written on condition that it still is.
async fn one(app: &App, notice: &Notice) -> Result<NoticeOutcome, Error> {
    let Notice { mail, report, named, at } = notice;
    let now = app.now();
    let at = at.unwrap_or(now);
    // A delivery changes nothing of what is known of an address.
    let asked: &[Address] = if *report == Report::Delivered { &[] } else { named };
    optimistic!(app.store, async {
        let Some((letter, known)) = app.store.letter_with_reach(mail, asked).await? else {
            return Ok::<_, Failed>(NoticeOutcome::Known);
        };
        let context = reach::Context { to: &letter.to, marks: &letter.marks(), reach: known.as_ref() };
        let (mark, reach, then) = match reach::take(*report, named, &context, at) {
            reach::ReportOutcome::Known => return Ok(NoticeOutcome::Known),
            reach::ReportOutcome::Elsewhere => return Ok(elsewhere(app, notice, at).await?),
            reach::ReportOutcome::New { mark, reach, then } => (mark, reach, then),
        };
        let reported = Reported { id: mail, letter: &letter, mark, at, reach: reach.as_ref(), then };
        let mut also = Write::new();
        if let Some((step, head)) = step(app, &letter, then).await? {
            if then == FollowUp::Arrived {
                // The ledger keeps when it arrived; nobody did anything that the audit would have to tell.
                also.step(&app.store, &step, now, &app.policy.links);
            } else {
                also = app.store.step_as_write(&step, head.as_ref(), now, &app.policy.links);
            }
        }
        app.store.write_report(&reported, now, also).await?;
        alert(*report, mail);
        if mark == Mark::Bounced {
            limits::bounced(app, mail).await?;
        }
        Ok(NoticeOutcome::New(mark))
    })
}

/// What changes of the activation whose newest link the mail carried.
async fn step(app: &App, letter: &Letter, then: FollowUp) -> Result<Option<(Step, Option<StoredHead>)>, Error> {
    let (Some(licence), Some(product), Some(generation)) = (&letter.licence, &letter.product, letter.generation) else {
        return Ok(None);
    };
    if !matches!(then, FollowUp::Arrived | FollowUp::NextContact) {
        return Ok(None);
    }
    let context = app.store.activation_context(licence, product).await?;
    let Some(activation) = context.activation else { return Ok(None) };
    let step = if then == FollowUp::Arrived {
        activation.delivered(generation, &letter.to)
    } else {
        let contacts = context.contacts;
        let now = app.now();
        let failing = app.store.failing_among(&contacts, now).await?;
        let fails = |address: &Address| failing.contains(address);
        activation.gave_up(generation, &letter.to, &contacts, fails, now, &app.policy.links)
    };
    Ok(step.map(|step| (step, context.head)))
}

/// The ledger notes what is said of others than the addressee, or of nobody: masked, for we never wrote to them.
async fn elsewhere(app: &App, notice: &Notice, at: licensing::Timestamp) -> Result<NoticeOutcome, Error> {
    let mut came = NoticeOutcome::Known;
    let masked: Vec<String> = notice.named.iter().map(Address::masked).collect();
    let whom = if masked.is_empty() { "nobody named".to_owned() } else { masked.join(", ") };
    let what = format!("{} {at} {whom}", notice::word(notice.report));
    if app.store.letter_elsewhere(&notice.mail, &what).await? {
        came = NoticeOutcome::Elsewhere;
    }
    Ok(came)
}

/// What somebody has to look at, once a mail.
fn alert(report: Report, mail: &str) {
    let message = match report {
        // Nothing is wrong with the address, much with our mail.
        Report::Rejected => "SES took a mail and then rejected its content",
        Report::NotSent | Report::NotSentAfterComplaint => {
            "SES took a mail and did not send it: its address is on a suppression list of the account, which our configuration \
             set should leave out"
        }
        _ => return,
    };
    log::write(Level::Error, message, json!({ "mail": mail }));
}
