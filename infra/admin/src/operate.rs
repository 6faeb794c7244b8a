//! What operators do about one activation or person: each with a reason, audited, two of them where the rules ask for it.

use std::{collections::BTreeSet, error::Error};

use clap::Args;
use gateway::{App, optimistic};
use licensing::{
    AccountId, Address, Country, Licence, Programme, Sku, Timestamp,
    activation::{Activation, Invitation, Proposer, Refused, Setup, State, Step},
    audit::{Note, profile_chain},
    judge::Contacts,
    when::{day_of, start_of},
    words::BadWord,
};
use store::{Write, licences, people};

use crate::{
    Done,
    connected::{Conflict, actor, not_written, operator, with_app},
};

/// Which activation.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The programme, such as enterprise.
    #[arg(value_parser = |text: &str| text.parse::<Programme>().map_err(|_| programmes()))]
    programme: Programme,
    /// The number.
    number: String,
    /// The product's key.
    product: String,
}

/// What a programme may be, for who named none of them.
pub(crate) fn programmes() -> String {
    let all: Vec<&str> = Programme::ALL.iter().map(|programme| programme.as_str()).collect();
    format!("Use one of the programmes {}", all.join(", "))
}

impl Which {
    pub(crate) fn keys(&self) -> Result<(Licence, Sku), Box<dyn Error>> {
        let number = self.number.parse().map_err(|error| format!("The number {error}."))?;
        let product = self.product.parse().map_err(|error| format!("The product's key {error}."))?;
        Ok((Licence { programme: self.programme, number }, product))
    }
}

/// Send a new link in place of an expired one, to the first contact who can be reached (LINK-10).
#[derive(Debug, Args)]
pub(crate) struct Revive {
    #[command(flatten)]
    which: Which,
    /// Why. The customer's Administrators read it.
    #[arg(long)]
    reason: String,
}

impl Revive {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let reason = checked(&self.reason)?;
        let (licence, product) = self.which.keys()?;
        change(&licence, &product, |app, by, seen| {
            let failing = |address: &Address| seen.failing.contains(address);
            seen.activation.revive(actor(by), reason, &seen.contacts, failing, app.now(), &app.policy.links)
        })
    }
}

/// Decline a request for a new link. We email the person who asked, with the reason (LINK-10).
#[derive(Debug, Args)]
pub(crate) struct Decline {
    #[command(flatten)]
    which: Which,
    /// Why. The person who asked and the customer's Administrators read it.
    #[arg(long)]
    reason: String,
}

impl Decline {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let reason = checked(&self.reason)?;
        let (licence, product) = self.which.keys()?;
        change(&licence, &product, |app, by, seen| seen.activation.decline_revival(actor(by), reason, app.now()))
    }
}

/// Send a new link to the same address. The old link stops working (ACT-14).
#[derive(Debug, Args)]
pub(crate) struct Resend {
    #[command(flatten)]
    which: Which,
}

impl Resend {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let (licence, product) = self.which.keys()?;
        change(&licence, &product, |app, by, seen| seen.activation.resend(actor(by), app.now(), &app.policy.links))
    }
}

/// Move an activation to another account. One operator proposes it; a second one runs the same command to confirm (LINK-07).
#[derive(Debug, Args)]
pub(crate) struct Remap {
    #[command(flatten)]
    which: Which,
    /// The account's key.
    account: String,
    /// Decline the proposed move to this account instead.
    #[arg(long)]
    decline: bool,
    /// Why. The customer's Administrators read it.
    #[arg(long)]
    reason: String,
}

impl Remap {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let reason = checked(&self.reason)?;
        let (licence, product) = self.which.keys()?;
        let id: AccountId = self.account.parse().map_err(|error| format!("The account's key {error}."))?;
        if self.decline {
            return change(&licence, &product, |app, by, seen| {
                let by = Proposer::Operator(by.to_owned());
                seen.activation.decline_remap(&by, &id, reason, app.now(), &app.policy.links)
            });
        }
        let account = with_app(async |app| Ok(app.store.get(&licences::account(&id)).await?))?
            .ok_or("There is no such account. Run `countersign find` with the customer's id to see its accounts.")?;
        let rule = |app: &App, by: &str, seen: &Seen| {
            let (by, policy) = (Proposer::Operator(by.to_owned()), &app.policy.links);
            seen.activation.remap(by, &id, &account.name, reason, app.now(), policy)
        };
        // An account to which something is moved is kept, whatever it was made for.
        change_with(&licence, &product, rule, |app, step, also| {
            if step.after().account() == Some(&id) && account.made_for.is_some() {
                also.account_used("account", &app.store, &account);
            }
        })
    }
}

/// Correct the country of a person's organisation. People can't change it themselves (REG-06).
#[derive(Debug, Args)]
pub(crate) struct SetCountry {
    /// One of the person's proven addresses.
    address: String,
    /// The country, such as SE.
    country: String,
    /// Why.
    #[arg(long)]
    reason: String,
}

impl SetCountry {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let reason = checked(&self.reason)?;
        let address: Address = self.address.parse().map_err(|error| format!("The address {error}."))?;
        let country: Country =
            self.country.parse().map_err(|_| "Write the country as two capital letters of ISO 3166-1, such as SE.")?;
        with_app(async |app| {
            let by = operator(app).await?;
            let owner = app
                .store
                .get(&people::owner(&address))
                .await?
                .ok_or("Nobody has proven this address. Run `countersign find` with it to see what is known.")?;
            let mut profile = app
                .store
                .get(&people::profile(&owner.profile))
                .await?
                .ok_or("The profile no longer exists. There is nothing to do.")?;
            let seen = profile.version;
            profile.country = Some(country);
            profile.version += 1;
            let chain = profile_chain(&profile.profile);
            let head = app.store.audit_head(&chain).await?;
            let note = Note::new("profile.country-set", actor(&by)).fact("country", country).fact("reason", reason);
            let mut write = Write::new();
            write.profile(&app.store, Some(seen), &profile);
            write.audit(&app.store, &chain, head.as_ref(), note, app.now());
            write.commit(&app.store).await.map_err(not_written)?;
            eprintln!("The country is now {country}.");
            Ok(Done::Fine)
        })
    }
}

/// What a decision is about.
pub(crate) struct Seen {
    pub(crate) activation: Activation,
    contacts: Contacts,
    failing: BTreeSet<Address>,
}

/// Makes a change by the operator behind the environment; tried again where others write at the same time.
pub(crate) fn change(
    licence: &Licence,
    product: &Sku,
    rule: impl Fn(&App, &str, &Seen) -> Result<Step, Refused>,
) -> Result<Done, Box<dyn Error>> {
    change_with(licence, product, rule, |_, _, _| {})
}

/// The same, with what else belongs to the change.
fn change_with(
    licence: &Licence,
    product: &Sku,
    rule: impl Fn(&App, &str, &Seen) -> Result<Step, Refused>,
    besides: impl Fn(&App, &Step, &mut Write),
) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        let by = operator(app).await?;
        optimistic!(app.store, async {
            let context = app.store.activation_context(licence, product).await?;
            let activation = context.activation.ok_or_else(|| {
                let (programme, number) = (licence.programme, &licence.number);
                format!(
                    "There is no such activation. Run `countersign show {programme} {number}` to see the activations."
                )
            })?;
            let contacts = context.contacts;
            let failing = app.store.failing_among(&contacts, app.now()).await?;
            let seen = Seen { activation, contacts, failing };
            let step = rule(app, &by, &seen).map_err(said)?;
            let mut also = Write::new();
            besides(app, &step, &mut also);
            app.store.write_step(&step, context.head.as_ref(), app.now(), &app.policy.links, also).await?;
            eprintln!("{}: {}", step.note().action, became(&step, app.now()));
            let stuck = matches!(step.after().state, State::Stuck { .. });
            Ok::<_, Conflict>(if stuck { Done::WithFindings } else { Done::Fine })
        })
    })
}

/// What a change has led to: how far the activation is now, or that it stays where it is.
fn became(step: &Step, now: Timestamp) -> String {
    match &step.after().revival_declined {
        Some(declined) if step.note().action == "activation.revival-declined" => {
            format!("no new link is sent, and we email the reason to {}", declined.asked.by.address.as_str())
        }
        _ => standing(step.after(), now),
    }
}

/// How far an activation has come, with whom and until when.
pub(crate) fn standing(activation: &Activation, now: Timestamp) -> String {
    match &activation.state {
        State::Invited(invitation) if activation.has_expired(now) => expired(invitation),
        State::Expired { invitation, .. } => expired(invitation),
        State::Stuck { .. } => {
            "no contact can be emailed: correct a contact, or wait for an order that names one".into()
        }
        State::Scheduled { to, send_at } => format!("will be emailed to {} at {send_at}", to.address.as_str()),
        State::Invited(invitation) => {
            let (to, mailed) = (invitation.to.address.as_str(), invitation.mailed);
            format!("emailed to {to} at {mailed}; the link works {}", until(invitation.expires_at))
        }
        State::Provisioning(Setup { in_use, refused, .. }) => {
            let how =
                if refused.is_some() { "its endpoint refused to set it up" } else { "its endpoint is setting it up" };
            format!("{how}, on account {} ({})", in_use.account, in_use.account_name)
        }
        State::Activated(in_use) => {
            let remap = in_use.remap.as_ref().map_or_else(String::new, |remap| {
                format!("; someone proposed at {1} to move it to {0}", remap.account, remap.at)
            });
            format!("in use since {} on account {} ({}){remap}", in_use.at, in_use.account, in_use.account_name)
        }
    }
}

fn expired(invitation: &Invitation) -> String {
    format!(
        "its link to {} expired at {}: `countersign revive` sends a new one",
        invitation.to.address.as_str(),
        invitation.expires_at
    )
}

/// "until the end of 2027-05-10 (UTC)", where the link ends with a day.
fn until(end: Timestamp) -> String {
    let day = day_of(end);
    match day.yesterday() {
        Ok(last) if start_of(day) == end => format!("until the end of {last} (UTC)"),
        _ => format!("until {end}"),
    }
}

pub(crate) fn checked(reason: &str) -> Result<&str, Box<dyn Error>> {
    match licensing::words::typed_line(reason, 500) {
        Ok(reason) if !reason.is_empty() => Ok(reason),
        Err(BadWord::Malformed) => {
            Err("Give a reason without line breaks, invisible characters, or characters that turn text around.".into())
        }
        _ => Err("Give a reason of 1 to 500 characters.".into()),
    }
}

fn said(refused: Refused) -> String {
    match refused {
        Refused::AlreadyActivated => "It is in use already. Run `countersign show` to see on which account.".into(),
        Refused::Expired => "Its link has expired. Use `countersign revive` instead.".into(),
        Refused::NotExpired => "Its link has not expired. Use `countersign resend` instead.".into(),
        Refused::NotInvited => "No link works at the moment. Run `countersign show` to see how far it is.".into(),
        Refused::NotActivated => "It is not in use. Run `countersign show` to see how far it is.".into(),
        Refused::NotProvisioning => "No endpoint is setting it up. Run `countersign show` to see how far it is.".into(),
        Refused::NothingAsked => "Nobody has asked for a new link, so there is nothing to decline.".into(),
        Refused::SameAccount => "It is on that account already. There is nothing to do.".into(),
        Refused::NeedsOtherSide => {
            "This move is proposed already. If an operator proposed it, a second operator must confirm it. If an administrator did, the other account’s administrators must agree.".into()
        }
        Refused::MoveWaits(until) => {
            format!("Another move is proposed until {until}. `countersign remap … --decline` ends it.")
        }
        Refused::NothingProposed => "Nobody has proposed a move to this account, so there is nothing to decline.".into(),
        Refused::TooOften(licensing::limit::TryAgainAt(at)) => format!("This was done too often. Try again from {at}."),
        other => format!("refused: {other:?}"),
    }
}
