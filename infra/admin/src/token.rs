//! `countersign token`: scoped tokens of order systems (ACT-01).

use std::{collections::BTreeSet, error::Error};

use clap::{Args, Subcommand, ValueEnum};
use gateway::App;
use licensing::{CustomerId, Timestamp, audit::Note, seal::stored_hash};
use serde::Serialize;
use store::{
    Table, Write,
    tokens::{DAYS_OF_PERMISSIONS, Token as Stored},
};

use crate::{
    Done,
    connected::{actor, not_written, operator, with_app},
    operators::{OPERATORS, mint},
    out,
};

/// Tokens with which order systems load data through the API. For people see `countersign operator`.
#[derive(Debug, Args)]
pub(crate) struct Token {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a token. Prints its secret once.
    Mint {
        /// What it is for, such as "order system". The audit shows it.
        name: String,
        /// What it may load. Repeat it for more than one.
        #[arg(long, value_enum, default_value = "load")]
        scope: Vec<Scope>,
        /// The id of the customer whose data it may load. Repeat it for more than one; leave it out for all customers.
        #[arg(long, value_name = "ID")]
        customer: Vec<CustomerId>,
        /// For how many days it works. Default: 365, or 7 with the scope `permissions`, where 7 is also the most.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3660))]
        days: Option<u32>,
    },
    /// List the tokens that work. Their secrets are never shown.
    List {
        /// Also list tokens that were revoked or have expired.
        #[arg(long)]
        all: bool,
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// End a token at once. To end an operator's access, use `countersign operator revoke`.
    Revoke {
        /// Its id or name, as `countersign token list` shows them, or its secret.
        #[arg(allow_hyphen_values = true)]
        which: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scope {
    /// `orders` and `contacts`.
    Load,
    /// Products, orders, and activations from before.
    Orders,
    /// Customers, accounts, agreements with their contacts, and addresses to which email fails.
    Contacts,
    /// Roles that people had before, and their removal.
    Permissions,
}

impl Scope {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Orders => "orders",
            Self::Contacts => "contacts",
            Self::Permissions => "permissions",
        }
    }
}

/// What a token is good for if nothing is said.
const DAYS: u32 = 365;

/// A line of `token list`.
#[derive(Debug, Serialize)]
struct Row<'t> {
    id: &'t str,
    name: &'t str,
    scopes: &'t [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    customers: Option<&'t BTreeSet<CustomerId>>,
    minted_at: Timestamp,
    expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
}

impl Token {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        with_app(async |app| {
            let by = operator(app).await?;
            match &self.command {
                Command::Mint { name, scope, customer, days } => {
                    let gives_rights = scope.contains(&Scope::Permissions);
                    let most = if gives_rights { DAYS_OF_PERMISSIONS } else { u32::MAX };
                    let days = days.unwrap_or(DAYS.min(most));
                    if days > most {
                        return Err(format!("A token with the scope permissions works for at most {most} days: give --days {most} or less.").into());
                    }
                    let mut scopes: Vec<&str> = scope.iter().map(|scope| scope.as_str()).collect();
                    scopes.dedup();
                    let customers = (!customer.is_empty()).then(|| customer.iter().cloned().collect());
                    let secret = mint(app, name, &scopes, customers, days).await?;
                    eprintln!("The token {name:?}, made by {by}. It is shown only this once: keep it safe.");
                    println!("{secret}");
                }
                Command::List { all, json } => list(app, *all, *json).await?,
                Command::Revoke { which } => revoke(app, &by, which.trim()).await?,
            }
            Ok(Done::Fine)
        })
    }
}

/// By so many characters of its hash a token is told from others.
const ID: usize = 8;

fn id(hash: &str) -> &str {
    &hash[..ID.min(hash.len())]
}

async fn list(app: &App, all: bool, json: bool) -> Result<(), Box<dyn Error>> {
    let now = app.now();
    for (hash, token) in tokens(app).await?.iter().filter(|(_, token)| all || token.is_good(now)) {
        if json {
            out::json(&Row {
                id: id(hash),
                name: &token.name,
                scopes: &token.scopes,
                customers: token.customers.as_ref(),
                minted_at: token.minted_at,
                expires_at: token.expires_at,
                revoked_at: token.revoked_at,
            });
            continue;
        }
        let of = token.customers.as_ref().map_or_else(String::new, |customers| {
            let customers: Vec<&str> = customers.iter().map(CustomerId::as_str).collect();
            format!(" of {}", customers.join(", "))
        });
        let end = match token.revoked_at {
            Some(at) => format!("revoked {at}"),
            None if token.is_good(now) => format!("until {}", token.expires_at),
            None => format!("expired {}", token.expires_at),
        };
        println!("{}  {}: {}{of}; made {}, {end}", id(hash), token.name, token.scopes.join(", "), token.minted_at);
    }
    Ok(())
}

/// An operator's secret lies in the same table; `countersign operator` is for those.
fn is_operator(token: &Stored) -> bool {
    token.scopes.iter().any(|scope| scope == "operate")
}

/// All tokens of order systems with the hashes of their secrets, by name: there are few, and only operators read the table from end to end.
async fn tokens(app: &App) -> Result<Vec<(String, Stored)>, Box<dyn Error>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let request = app.store.client().scan().table_name(app.store.name(Table::Tokens));
        let answer = request.set_exclusive_start_key(after).send().await.map_err(|error| {
            format!(
                "The tokens could not be read: {}. Run the command again.",
                store::sdk::error::DisplayErrorContext(error)
            )
        })?;
        for item in answer.items.unwrap_or_default() {
            let hash = item.get("token_hash").and_then(|hash| hash.as_s().ok()).cloned().unwrap_or_default();
            let token: Stored = store::from_item(item)?;
            if !is_operator(&token) {
                found.push((hash, token));
            }
        }
        after = answer.last_evaluated_key;
        if after.is_none() {
            found.sort_by(|one: &(String, Stored), other| (&one.1.name, &one.0).cmp(&(&other.1.name, &other.0)));
            return Ok(found);
        }
    }
}

async fn revoke(app: &App, by: &str, which: &str) -> Result<(), Box<dyn Error>> {
    let (hash, mut token) = find(app, which).await?;
    let (now, seen) = (app.now(), token.version);
    token.revoked_at = Some(now);
    token.version += 1;
    let mut write = Write::new();
    write.token(&app.store, &hash, Some(seen), &token);
    let head = app.store.audit_head(OPERATORS).await?;
    let note = Note::new("token.revoked", actor(by)).personal("name", &token.name);
    write.audit(&app.store, OPERATORS, head.as_ref(), note, now);
    write.commit(&app.store).await.map_err(not_written)?;
    eprintln!("Revoked: {:?}", token.name);
    Ok(())
}

async fn find(app: &App, which: &str) -> Result<(String, Stored), Box<dyn Error>> {
    let hash = stored_hash(which.as_bytes());
    if let Some(token) = app.store.token(&hash).await? {
        if is_operator(&token) {
            let name = &token.name;
            return Err(
                format!("This is a secret of operator {name:?}. Run `countersign operator revoke {name:?}`.").into()
            );
        }
        return Ok((hash, token));
    }
    let now = app.now();
    let mut found = tokens(app).await?;
    found.retain(|(hash, token)| token.is_good(now) && (id(hash) == which || token.name == which));
    match found.len() {
        0 => Err("There is no such token. Run `countersign token list` to see the tokens, `countersign operator list` to see the operators.".into()),
        1 => Ok(found.remove(0)),
        _ => {
            let ids: Vec<&str> = found.iter().map(|(hash, _)| id(hash)).collect();
            Err(format!("Several tokens have this name. Name one by its id: {}", ids.join(", ")).into())
        }
    }
}
