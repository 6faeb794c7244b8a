//! `countersign mint-operator`, `countersign operator`: who may act from the command line (OPS-01).

use std::{collections::BTreeSet, error::Error};

use clap::{Args, Subcommand};
use licensing::{
    CustomerId, Timestamp,
    audit::Note,
    seal::{stored_hash, to_text},
    when::add_days,
    words::typed_line,
};
use serde::{Deserialize, Serialize};
use store::{Table, Write, tokens::Token};

use crate::{
    Done,
    connected::{actor, not_written, operator, with_app},
    out,
    paging::page,
};

/// Add an operator. Prints a secret once: set COUNTERSIGN_OPERATOR to it.
///
/// Anyone who can run this can write to the database anyway. The secret tells operators apart: so the audit names who acted, and
/// what needs two operators needs two people.
#[derive(Debug, Args)]
pub(crate) struct MintOperator {
    /// The operator's name. The audit shows it.
    name: String,

    /// For how many days the secret works.
    #[arg(long, default_value_t = 365)]
    days: u32,
}

impl MintOperator {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        with_app(async |app| {
            let secret = mint(app, &self.name, &["operate"], None, self.days).await?;
            eprintln!("The secret of operator {:?}. It is shown only this once: keep it safe.", self.name);
            println!("{secret}");
            Ok(Done::Fine)
        })
    }
}

/// Mints a token and returns its secret; stored is only its hash. Audited in the chain of operators.
pub(crate) async fn mint(
    app: &gateway::App,
    name: &str,
    scopes: &[&str],
    customers: Option<BTreeSet<CustomerId>>,
    days: u32,
) -> Result<String, Box<dyn Error>> {
    let name = typed_line(name, 100).unwrap_or_default();
    if name.is_empty() {
        return Err("Give a name of 1 to 100 visible characters.".into());
    }
    let secret = to_text(&app.chance.bytes::<32>());
    let now = app.now();
    let token = Token {
        name: name.into(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        minted_at: now,
        expires_at: add_days(now, days),
        customers: customers.clone(),
        revoked_at: None,
        version: 1,
    };
    let mut write = Write::new();
    write.token(&app.store, &stored_hash(secret.as_bytes()), None, &token);
    let head = app.store.audit_head(OPERATORS).await?;
    let mut note =
        Note::new("token.minted", actor("command line")).fact("scopes", scopes.join(" ")).personal("name", name);
    if let Some(customers) = customers {
        let customers: Vec<String> = customers.iter().map(CustomerId::to_string).collect();
        note = note.fact("customers", customers.join(", "));
    }
    write.audit(&app.store, OPERATORS, head.as_ref(), note, now);
    write.commit(&app.store).await.map_err(not_written)?;
    Ok(secret)
}

/// The audit chain of what operators do that concerns no Licensing ID.
pub(crate) const OPERATORS: &str = "operators";

/// List operators, or end an operator's access. For the tokens of order systems see `countersign token`.
#[derive(Debug, Args)]
pub(crate) struct Operators {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the operators: since when and until when they may act, and who was revoked.
    List {
        /// Print one JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// End an operator's access at once: all secrets under this name stop working.
    Revoke {
        /// The operator's name, as `countersign operator list` shows it.
        name: String,
    },
}

impl Operators {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        match &self.command {
            Command::List { json } => list(*json),
            Command::Revoke { name } => revoke(name.trim()),
        }
    }
}

/// A token as it lies in its table.
#[derive(Debug, Deserialize)]
struct Stored {
    token_hash: String,
    #[serde(flatten)]
    token: Token,
}

/// An operator's secret as it is listed: never the secret, nor its hash.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    name: &'a str,
    minted_at: Timestamp,
    expires_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
    may_act: bool,
}

/// The operators' secrets, the oldest first. There are few, so the table is read from end to end.
async fn all(app: &gateway::App) -> Result<Vec<Stored>, Box<dyn Error>> {
    let mut found = Vec::new();
    page(app, Table::Tokens, None, |stored: Stored| {
        if stored.token.scopes.iter().any(|scope| scope == "operate") {
            found.push(stored);
        }
    })
    .await?;
    found.sort_by(|one, other| (one.token.minted_at, &one.token.name).cmp(&(other.token.minted_at, &other.token.name)));
    Ok(found)
}

fn list(json: bool) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        operator(app).await?;
        for Stored { token, .. } in all(app).await? {
            let may_act = token.allows("operate", app.now());
            let Token { name, minted_at, expires_at, revoked_at, .. } = &token;
            if json {
                let (minted_at, expires_at, revoked_at) = (*minted_at, *expires_at, *revoked_at);
                out::json(&Listed { name, minted_at, expires_at, revoked_at, may_act });
                continue;
            }
            let end = match revoked_at {
                Some(at) => format!("revoked at {at}"),
                None if may_act => format!("until {expires_at}"),
                None => format!("expired at {expires_at}"),
            };
            println!("{name}  since {minted_at}, {end}");
        }
        Ok(Done::Fine)
    })
}

fn revoke(name: &str) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        let by = operator(app).await?;
        let now = app.now();
        let mut secrets = all(app).await?;
        secrets.retain(|stored| stored.token.name == name && stored.token.revoked_at.is_none());
        if secrets.is_empty() {
            return Err(
                format!("No operator named {name:?} has a secret that still works. Run `countersign operator list` to see the names.").into()
            );
        }
        for Stored { token_hash, mut token } in secrets {
            let seen = token.version;
            token.revoked_at = Some(now);
            token.version += 1;
            let mut write = Write::new();
            write.token(&app.store, &token_hash, Some(seen), &token);
            let head = app.store.audit_head(OPERATORS).await?;
            let note = Note::new("token.revoked", actor(&by)).personal("name", &token.name);
            write.audit(&app.store, OPERATORS, head.as_ref(), note, now);
            write.commit(&app.store).await.map_err(not_written)?;
            eprintln!("Revoked: the secret of {:?} from {}", token.name, token.minted_at);
        }
        Ok(Done::Fine)
    })
}
