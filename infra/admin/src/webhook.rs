//! `countersign webhook`: who is told of activations (LINK-11).

use std::error::Error;

use clap::{Args, Subcommand};
use licensing::{
    audit::Note,
    event::{Event, Receiver},
    message::Message,
    outside::Endpoint,
    seal::short_name,
};
use store::{
    Write,
    webhooks::{MOST, Webhook},
};

use crate::{
    Done,
    connected::{actor, endpoint, not_written, operator, secret_of, with_app},
    operators::OPERATORS,
    out,
};

/// Webhooks: subscribers that we tell about activations with a signed request.
#[derive(Debug, Args)]
pub(crate) struct Webhooks {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a webhook. Prints the secret that its messages are signed with.
    Add {
        /// Its address: https://, port 443, a host name with public IP addresses only.
        url: String,
    },
    /// List the webhooks, and whether they accept their messages.
    ///
    /// Exit code 1 if one of them fails.
    List {
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Remove a webhook. It gets no more messages, and waiting messages are dropped.
    Remove {
        /// Its id, as `countersign webhook list` shows it.
        id: String,
    },
    /// Resume a webhook that its receiver ended with 410 Gone. Messages from the time between are not sent.
    Resume {
        /// Its id, as `countersign webhook list` shows it.
        id: String,
    },
    /// Show a webhook's secret, made with the newest key.
    Secret {
        /// Its id, as `countersign webhook list` shows it.
        id: String,
    },
    /// Send a message of type webhook.test. `countersign webhook list` shows whether it was accepted.
    Test {
        /// Its id, as `countersign webhook list` shows it.
        id: String,
    },
}

impl Webhooks {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        match &self.command {
            Command::Add { url } => add(endpoint(url)?),
            Command::List { json } => list(*json),
            Command::Remove { id } => remove(id),
            Command::Resume { id } => resume(id),
            Command::Secret { id } => secret(id),
            Command::Test { id } => test(id),
        }
    }
}

fn add(url: Endpoint) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        let by = operator(app).await?;
        let all = app.store.webhooks().await?;
        if all.len() >= MOST {
            return Err(format!(
                "There are {MOST} webhooks already. Remove one first with `countersign webhook remove`."
            )
            .into());
        }
        // Short, for it is typed; and never one that was there before, for the secret hangs on it.
        let id: String = short_name(&app.chance.name()).chars().filter(char::is_ascii_alphanumeric).take(12).collect();
        let secret = secret_of(&Receiver::Webhook { id: id.clone() })?;
        let now = app.now();
        let webhook = Webhook {
            id: id.clone(),
            url,
            added_at: now,
            added_by: by.clone(),
            taken_at: None,
            failing_since: None,
            trouble: None,
            ended_at: None,
            given_up: 0,
            given_up_at: None,
        };
        let mut write = Write::new();
        write.webhook(&app.store, &webhook);
        let note = Note::new("webhook.added", actor(&by)).fact("webhook", &id).fact("url", &webhook.url);
        let head = app.store.audit_head(OPERATORS).await?;
        write.audit(&app.store, OPERATORS, head.as_ref(), note, now);
        write.commit(&app.store).await.map_err(not_written)?;
        eprintln!("Added webhook {id} as {by}. Give this secret to the people who check its signatures:");
        println!("{secret}");
        Ok(Done::Fine)
    })
}

fn list(json: bool) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        operator(app).await?;
        let all = app.store.webhooks().await?;
        if all.is_empty() {
            eprintln!("There are no webhooks. `countersign webhook add URL` adds one.");
        }
        let mut done = Done::Fine;
        for webhook in all {
            if webhook.failing_since.is_some() || webhook.given_up_at.is_some() {
                done = Done::WithFindings;
            }
            if json {
                out::json(&webhook);
                continue;
            }
            println!("{}  {}", webhook.id, webhook.url);
            println!("    added {} by {}", webhook.added_at, webhook.added_by);
            match &webhook.taken_at {
                Some(at) => println!("    last accepted a message at {at}"),
                None => println!("    has accepted no message yet"),
            }
            if let Some(at) = &webhook.ended_at {
                println!("    ENDED by its receiver at {at} (410 Gone): we send it nothing more");
                println!(
                    "    `countersign webhook resume {0}` starts again, `countersign webhook remove {0}` removes it",
                    webhook.id
                );
                done = Done::WithFindings;
            } else if let (Some(since), Some(trouble)) = (&webhook.failing_since, &webhook.trouble) {
                println!("    FAILING since {since}: {trouble}");
            }
            if let Some(at) = &webhook.given_up_at {
                println!("    {} messages failed nine times and were dropped, the last one at {at}", webhook.given_up);
            }
        }
        Ok(done)
    })
}

fn remove(id: &str) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        let by = operator(app).await?;
        let webhook = known(app, id).await?;
        let mut write = Write::new();
        write.remove_webhook(&app.store, id);
        let note = Note::new("webhook.removed", actor(&by)).fact("webhook", id).fact("url", &webhook.url);
        let head = app.store.audit_head(OPERATORS).await?;
        write.audit(&app.store, OPERATORS, head.as_ref(), note, app.now());
        write.commit(&app.store).await.map_err(not_written)?;
        eprintln!("Removed: {}", webhook.url);
        Ok(Done::Fine)
    })
}

fn resume(id: &str) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        let by = operator(app).await?;
        let webhook = known(app, id).await?;
        if webhook.ended_at.is_none() {
            return Err("It was not ended, so there is nothing to resume.".into());
        }
        let mut write = Write::new();
        write.resume_webhook(&app.store, id);
        let note = Note::new("webhook.resumed", actor(&by)).fact("webhook", id).fact("url", &webhook.url);
        let head = app.store.audit_head(OPERATORS).await?;
        write.audit(&app.store, OPERATORS, head.as_ref(), note, app.now());
        write.commit(&app.store).await.map_err(not_written)?;
        eprintln!("{} gets messages again. `countersign webhook test {id}` tries it.", webhook.url);
        Ok(Done::Fine)
    })
}

fn secret(id: &str) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        let by = operator(app).await?;
        known(app, id).await?;
        let secret = secret_of(&Receiver::Webhook { id: id.into() })?;
        let mut write = Write::new();
        let note = Note::new("webhook.secret-shown", actor(&by)).fact("webhook", id);
        let head = app.store.audit_head(OPERATORS).await?;
        write.audit(&app.store, OPERATORS, head.as_ref(), note, app.now());
        write.commit(&app.store).await.map_err(not_written)?;
        println!("{secret}");
        Ok(Done::Fine)
    })
}

fn test(id: &str) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        let by = operator(app).await?;
        let webhook = known(app, id).await?;
        if webhook.ended_at.is_some() {
            return Err(format!("Its receiver ended it. Run `countersign webhook resume {id}` first.").into());
        }
        let now = app.now();
        let message = Message::test(app.chance.name(), now);
        let event =
            Event::Deliver { message: Box::new(message.clone()), to: Receiver::Webhook { id: webhook.id.clone() } };
        let mut write = Write::new();
        write.event(&app.store, &event, now, false);
        let note = Note::new("webhook.tested", actor(&by)).fact("webhook", id).fact("message", message.id());
        let head = app.store.audit_head(OPERATORS).await?;
        write.audit(&app.store, OPERATORS, head.as_ref(), note, now);
        write.commit(&app.store).await.map_err(not_written)?;
        eprintln!(
            "{} is on its way to {}. `countersign webhook list` shows whether it was accepted.",
            message.id(),
            webhook.url
        );
        Ok(Done::Fine)
    })
}

async fn known(app: &gateway::App, id: &str) -> Result<Webhook, Box<dyn Error>> {
    let found = app.store.get(&store::webhooks::webhook(id)).await?;
    Ok(found.ok_or("There is no such webhook. Run `countersign webhook list` to see them.")?)
}
