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

/// Webhooks: subscribers that are told of activations by a signed call.
#[derive(Debug, Args)]
pub(crate) struct Webhooks {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a webhook: prints the secret that its messages are signed with.
    Add {
        /// Its address: https://, port 443, a host's name that leads to public addresses only.
        url: String,
    },
    /// List the webhooks, and whether they take their messages.
    ///
    /// Exit code 1 where one of them fails.
    List {
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Remove a webhook: it gets no more messages, and what waits for it is dropped.
    Remove {
        /// Its id, as `list` shows it.
        id: String,
    },
    /// Tell a webhook of activations again that its receiver had ended with 410 Gone. What happened meanwhile is not told.
    Resume {
        /// Its id, as `list` shows it.
        id: String,
    },
    /// Show a webhook's secret, as it is under the newest key.
    Secret {
        /// Its id, as `list` shows it.
        id: String,
    },
    /// Send a message of type webhook.test; `list` shows whether it was taken.
    Test {
        /// Its id, as `list` shows it.
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
            return Err(format!("there are {MOST} webhooks already; remove one first").into());
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
        eprintln!("webhook {id}, added by {by}; its secret, for whoever checks the signatures there:");
        println!("{secret}");
        Ok(Done::Fine)
    })
}

fn list(json: bool) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        operator(app).await?;
        let all = app.store.webhooks().await?;
        if all.is_empty() {
            eprintln!("there are no webhooks: `countersign webhook add URL`");
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
                Some(at) => println!("    took a message last at {at}"),
                None => println!("    took no message yet"),
            }
            if let Some(at) = &webhook.ended_at {
                println!("    ENDED by its receiver at {at} (410 Gone): it is told nothing more");
                println!("    `webhook resume {0}` begins again, `webhook remove {0}` removes it", webhook.id);
                done = Done::WithFindings;
            } else if let (Some(since), Some(trouble)) = (&webhook.failing_since, &webhook.trouble) {
                println!("    FAILING since {since}: {trouble}");
            }
            if let Some(at) = &webhook.given_up_at {
                println!("    {} messages were given up after nine tries, the last one at {at}", webhook.given_up);
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
        eprintln!("removed: {}", webhook.url);
        Ok(Done::Fine)
    })
}

fn resume(id: &str) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        let by = operator(app).await?;
        let webhook = known(app, id).await?;
        if webhook.ended_at.is_none() {
            return Err("its receiver has not ended it".into());
        }
        let mut write = Write::new();
        write.resume_webhook(&app.store, id);
        let note = Note::new("webhook.resumed", actor(&by)).fact("webhook", id).fact("url", &webhook.url);
        let head = app.store.audit_head(OPERATORS).await?;
        write.audit(&app.store, OPERATORS, head.as_ref(), note, app.now());
        write.commit(&app.store).await.map_err(not_written)?;
        eprintln!("{} is told of activations again; `webhook test {id}` tries it", webhook.url);
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
            return Err(format!("its receiver has ended it: `webhook resume {id}` first").into());
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
        eprintln!("{} is on its way to {}; `webhook list` shows whether it was taken", message.id(), webhook.url);
        Ok(Done::Fine)
    })
}

async fn known(app: &gateway::App, id: &str) -> Result<Webhook, Box<dyn Error>> {
    let found = app.store.get(&store::webhooks::webhook(id)).await?;
    Ok(found.ok_or("there is no such webhook: `countersign webhook list`")?)
}
