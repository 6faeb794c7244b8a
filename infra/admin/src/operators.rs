//! `countersign mint-operator`: who may act from the command line (OPS-01).

use std::error::Error;

use clap::Args;
use licensing::{
    audit::Note,
    seal::{stored_hash, to_text},
    when::add_days,
    words::typed_line,
};
use store::{Write, tokens::Token};

use crate::{
    Done,
    connected::{actor, not_written, with_app},
};

/// Make an operator: prints a secret, once, that goes into COUNTERSIGN_OPERATOR.
///
/// Whoever can run this can write to the database anyway; the secret keeps operators apart, so that what needs two of
/// them needs two, and the audit names who acted.
#[derive(Debug, Args)]
pub(crate) struct MintOperator {
    /// The operator's name, as the audit shows it.
    name: String,

    /// The secret is good for so many days.
    #[arg(long, default_value_t = 365)]
    days: u32,
}

impl MintOperator {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        with_app(async |app| {
            let secret = mint(app, &self.name, &["operate"], self.days).await?;
            eprintln!("operator {:?}; shown once, keep it safe:", self.name);
            println!("{secret}");
            Ok(Done::Fine)
        })
    }
}

/// Mints a token and returns its secret; stored is only its hash. Audited in the chain of operators.
pub(crate) async fn mint(app: &gateway::App, name: &str, scopes: &[&str], days: u32) -> Result<String, Box<dyn Error>> {
    let name = typed_line(name, 100).unwrap_or_default();
    if name.is_empty() {
        return Err("a name has 1 to 100 characters, all of which show".into());
    }
    let secret = to_text(&app.chance.bytes::<32>());
    let now = app.now();
    let token = Token {
        name: name.into(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        minted_at: now,
        expires_at: add_days(now, days),
        revoked_at: None,
        version: 1,
    };
    let mut write = Write::new();
    write.token(&app.store, &stored_hash(secret.as_bytes()), None, &token);
    let head = app.store.audit_head(OPERATORS).await?;
    let note = Note::new("token.minted", actor("command line")).fact("scopes", scopes.join(" ")).personal("name", name);
    write.audit(&app.store, OPERATORS, head.as_ref(), note, now);
    write.commit(&app.store).await.map_err(not_written)?;
    Ok(secret)
}

/// The audit chain of what operators do that concerns no Licensing ID.
pub(crate) const OPERATORS: &str = "operators";
