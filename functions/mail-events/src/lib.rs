//! `mail-events`: takes in what SES reports of our mails, shows it in the ledger, and acts on it (SAFE-03).
//!
//! - Delivered: the ledger says so, and so does the activation whose link it was: its three days are over (ACT-03).
//! - Refused for good: nothing goes to the address any more, and wherever somebody with it is written to,
//!   `send-activation` is asked to judge afresh, and with that to write to the next contact (ACT-03). Where a stranger had asked
//!   for the mail, it counts ten in what strangers can have mailed to that domain (REG-05).
//! - Complained about: only security mails go to the address any more.
//! - Refused for now: the ledger says so.
//!
//! Each of these is one conditional transaction that holds only the first time, so that a notice that comes again, late or
//! out of order changes nothing more. What is not about a mail in our ledger is ignored.

mod limits;
mod notice;

use gateway::App;
use licensing::{Timestamp, activation::Step};
use notice::{Notice, What};
use serde::Serialize;
use serde_json::{Value, json};
use store::{Error, Failed, Write, audit::StoredHead, mails::Letter};

/// What came of an event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Taken {
    /// Mails that are now known to be delivered.
    pub delivered: u32,
    /// Mails that are now known to be refused for good.
    pub bounced: u32,
    /// Mails that are now known to be complained about.
    pub complained: u32,
    /// Mails that are now known not to have arrived, for a reason that may pass.
    pub put_off: u32,
    /// Notices that were known already, or are of no mail of ours.
    pub unchanged: u32,
}

/// A write that others were faster with is tried again so often, from reading on.
const ATTEMPTS: u32 = 8;

/// Takes an event of `EventBridge` or SNS. What comes more than once changes nothing more.
pub async fn take(app: &App, event: Value) -> Result<Taken, Error> {
    let mut taken = Taken::default();
    for notice in notice::notices(&event) {
        let Notice { mail, at, what } = notice;
        let at = at.unwrap_or_else(|| app.now());
        let (new, count) = match what {
            What::Delivered => (delivered(app, &mail, at).await?, &mut taken.delivered),
            What::Bounced => {
                let new = app.store.letter_bounced(&mail, at, app.now()).await?;
                if new {
                    limits::bounced(app, &mail).await?;
                }
                (new, &mut taken.bounced)
            }
            What::Complained => (app.store.letter_complained(&mail, at).await?, &mut taken.complained),
            What::PutOff => (app.store.letter_put_off(&mail, at).await?, &mut taken.put_off),
            What::Rejected => {
                // SES holds the mail's content to be harmful: nothing is wrong with the address, much with our mail.
                let why = "SES took a mail and then rejected its content";
                eprintln!("{}", json!({ "level": "error", "function": "mail-events", "mail": mail, "error": why }));
                (app.store.letter_put_off(&mail, at).await?, &mut taken.put_off)
            }
        };
        *(if new { count } else { &mut taken.unchanged }) += 1;
    }
    Ok(taken)
}

/// The ledger and, where the mail carried an activation's newest link, the activation: one transaction.
async fn delivered(app: &App, id: &str, at: Timestamp) -> Result<bool, Error> {
    for _ in 0..ATTEMPTS {
        let Some(letter) = app.store.letter(id).await?.filter(|letter| letter.delivered_at.is_none()) else {
            return Ok(false);
        };
        let mut write = Write::new();
        write.letter_delivered(&app.store, id, at);
        let written = match step(app, &letter).await? {
            Some((step, head)) => app.store.write_step(&step, head.as_ref(), app.now(), &app.policy.links, write).await,
            None => write.commit(&app.store).await,
        };
        match written {
            Ok(()) => return Ok(true),
            Err(Failed::Lost(_)) => {}
            Err(Failed::Error(error)) => return Err(error),
        }
    }
    Err(Error::Busy)
}

async fn step(app: &App, letter: &Letter) -> Result<Option<(Step, Option<StoredHead>)>, Error> {
    let (Some(licence), Some(product), Some(generation)) = (&letter.licence, &letter.product, letter.generation) else {
        return Ok(None);
    };
    // A server that took a mail may still send it back. Which of the two is reported first does not matter.
    if letter.bounced_at.is_some() {
        return Ok(None);
    }
    let around = app.store.around(licence, product).await?;
    let step = around.activation.and_then(|activation| activation.delivered(generation, &letter.to));
    Ok(step.map(|step| (step, around.head)))
}
