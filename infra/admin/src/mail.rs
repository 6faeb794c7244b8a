//! `countersign mail` and `countersign unsuppress`: whether email reaches an address, and sending it there again (SAFE-03).

use std::error::Error;

use clap::{Args, Subcommand};
use gateway::{App, optimistic};
use licensing::{
    Address, Timestamp,
    audit::{Note, profile_chain},
    event::Event,
    limit::TryAgainAt,
    reach::{Mark, Reach, Reason},
};
use store::{Failed, Write, licences, mails::Letter, people};

use crate::{
    Done,
    connected::{Conflict, actor, operator, with_app},
    operate::checked,
    operators::OPERATORS,
};

/// Check whether email reaches an address.
#[derive(Debug, Args)]
pub(crate) struct Mail {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show whether we send email to an address, why not, and what happened to the newest emails.
    ///
    /// Exit code 1 if we send none.
    Show {
        /// The address.
        address: String,
    },
}

impl Mail {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let Command::Show { address } = &self.command;
        let address = parsed(address)?;
        with_app(async |app| {
            operator(app).await?;
            let known = app.store.get(&licences::suppression(&address)).await?;
            let now = app.now();
            let fails = known.as_ref().is_some_and(|reach| app.store.fails(reach, now));
            match &known {
                Some(reach) => say(app, reach, now),
                None => {
                    println!("{}: we send email there; none has bounced or was marked as spam", address.as_str());
                }
            }
            for letter in letters_to(app, &address).await? {
                println!("    {}", line(&letter));
            }
            Ok(if fails { Done::WithFindings } else { Done::Fine })
        })
    }
}

/// Send email to an address again after a bounce, or after its owner marked our email as spam.
#[derive(Debug, Args)]
pub(crate) struct Unsuppress {
    /// The address.
    address: String,
    /// Why.
    #[arg(long)]
    reason: String,
}

impl Unsuppress {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let reason = checked(&self.reason)?;
        let address = parsed(&self.address)?;
        with_app(async |app| {
            let by = operator(app).await?;
            optimistic!(app.store, async {
                let already = || format!("We send email to {} already. There is nothing to do.", address.as_str());
                let known = app.store.get(&licences::suppression(&address)).await?.ok_or_else(already)?;
                let now = app.now();
                let lifted = known.lift(now, &app.policy.mails).map_err(|TryAgainAt(at)| {
                    format!("This was done {} times in a day. Try again from {at}.", app.policy.mails.lifts_a_day)
                })?;
                let lifted = lifted.ok_or_else(already)?;
                write(app, &by, reason, &known, &lifted, now).await?;
                eprintln!("We send email to {} again. It was stopped because of: {}", address.as_str(), known.reason);
                Ok::<_, Conflict>(Done::Fine)
            })
        })
    }
}

/// One transaction: the address, what is judged afresh because of it (ACT-03), and the audit of operators and of the person
/// whose address it is.
async fn write(app: &App, by: &str, reason: &str, known: &Reach, lifted: &Reach, now: Timestamp) -> Result<(), Failed> {
    let (store, address) = (&app.store, &lifted.address);
    let mut write = Write::new();
    write.reach(store, lifted);
    let event = Event::RejudgeAddress { address: address.clone(), mark: format!("lifted|{now}") };
    write.event(store, &event, now, false);
    let note = Note::new("mail.lifted", actor(by)).fact("was", known.reason).fact("reason", reason);
    let note = note.personal("address", address.as_str());
    let owner = store.get(&people::owner(address)).await?.map(|owner| profile_chain(&owner.profile));
    for chain in owner.into_iter().chain([OPERATORS.to_owned()]) {
        let head = store.audit_head(&chain).await?;
        write.audit(store, &chain, head.as_ref(), note.clone(), now);
    }
    write.commit(store).await
}

fn parsed(address: &str) -> Result<Address, Box<dyn Error>> {
    Ok(address.parse().map_err(|error| format!("The address {error}."))?)
}

fn say(app: &App, reach: &Reach, now: Timestamp) {
    let address = reach.address.as_str();
    let stopped = app.store.fails(reach, now);
    let since = reach.since().map_or_else(|| "a time that was not noted".to_owned(), |at| at.to_string());
    match (stopped, reach.reason, reach.tried_again_at(&app.policy.mails)) {
        (true, Reason::Complaint, _) => {
            println!("{address}: its owner marked our email as spam; since {since} we send only codes there");
        }
        (true, Reason::HardBounce, again) => {
            let again = again.map(|at| format!("; we try again from {at}")).unwrap_or_default();
            println!("{address}: our email bounced; we have sent none there since {since}{again}");
        }
        (false, ..) => println!("{address}: we send email there"),
    }
    for (what, at) in [
        ("last bounced at", reach.bounced_at),
        ("last marked as spam at", reach.complained_at),
        ("last lifted at", reach.lifted_at),
    ] {
        if let Some(at) = at {
            println!("    {what} {at}");
        }
    }
    if stopped {
        println!("    `countersign unsuppress {address} --reason …` sends email there again");
    }
}

/// The newest mails to an address under the Licensing IDs that name it: at most twenty, of at most ten of them.
async fn letters_to(app: &App, address: &Address) -> Result<Vec<Letter>, Box<dyn Error>> {
    let mut letters = Vec::new();
    for licence in app.store.first_listings_of(address, 10).await?.into_iter().map(|listing| listing.licence) {
        letters.extend(app.store.letters_of(&licence, 50).await?);
    }
    letters.retain(|letter| letter.to == *address);
    letters.sort_by_key(|letter| std::cmp::Reverse(letter.queued_at));
    letters.truncate(20);
    Ok(letters)
}

fn line(letter: &Letter) -> String {
    let mut text = format!("{}  {}", letter.queued_at, letter.template);
    if let Some(licence) = &letter.licence {
        text.push_str(&format!("  {licence}"));
    }
    for (mark, word) in [
        (Mark::Delivered, "delivered"),
        (Mark::PutOff, "not delivered yet"),
        (Mark::GaveUp, "given up"),
        (Mark::Bounced, "bounced"),
        (Mark::Complained, "marked as spam"),
        (Mark::Suppressed, "not sent"),
    ] {
        if let Some(at) = letter.marked(mark) {
            text.push_str(&format!(", {word} {at}"));
        }
    }
    if letter.marks().is_empty() {
        text.push_str(if letter.accepted_at.is_some() { ", sent" } else { ", sending" });
    }
    for other in &letter.elsewhere {
        text.push_str(&format!("\n        reported of another address: {other}"));
    }
    text
}
