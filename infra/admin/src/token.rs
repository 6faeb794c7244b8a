//! `countersign token`: scoped tokens of order systems (ACT-01).

use std::error::Error;

use clap::{Args, Subcommand, ValueEnum};
use licensing::{audit::Note, seal::stored_hash};
use store::Write;

use crate::{
    Done,
    connected::{actor, not_written, operator, with_app},
    operators::{OPERATORS, mint},
};

/// Tokens with which order systems load data by the API.
#[derive(Debug, Args)]
pub(crate) struct Token {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Mint a token: prints its secret, once.
    Mint {
        /// Whom it is for, as the audit shows it.
        name: String,
        /// What it may.
        #[arg(long, value_enum, default_value_t = Scope::Load)]
        scope: Scope,
        /// It is good for so many days.
        #[arg(long, default_value_t = 365)]
        days: u32,
    },
    /// Revoke a token, or an operator: effective at once.
    Revoke {
        /// Its secret, which may begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        secret: String,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Scope {
    /// Load customers, agreements and orders.
    Load,
}

impl Token {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        with_app(async |app| {
            let by = operator(app).await?;
            match &self.command {
                Command::Mint { name, scope: Scope::Load, days } => {
                    let secret = mint(app, name, &["load"], *days).await?;
                    eprintln!("token for {name:?}, minted by {by}; shown once, keep it safe:");
                    println!("{secret}");
                }
                Command::Revoke { secret } => {
                    let hash = stored_hash(secret.trim().as_bytes());
                    let mut token = app.store.token(&hash).await?.ok_or("there is no such token")?;
                    let (now, seen) = (app.now(), token.version);
                    token.revoked_at = Some(now);
                    token.version += 1;
                    let mut write = Write::new();
                    write.token(&app.store, &hash, Some(seen), &token);
                    let head = app.store.audit_head(OPERATORS).await?;
                    let note = Note::new("token.revoked", actor(&by)).personal("name", &token.name);
                    write.audit(&app.store, OPERATORS, head.as_ref(), note, now);
                    write.commit(&app.store).await.map_err(not_written)?;
                    eprintln!("revoked: {:?}", token.name);
                }
            }
            Ok(Done::Fine)
        })
    }
}
