//! `countersign`: the operators' command line. One file a subcommand.

mod audit;
mod clock;
mod connected;
mod import;
mod input;
mod keys;
mod live;
mod operate;
mod operators;
mod provisioning;
mod sample;
mod stuck;
mod token;
mod webhook;

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};

/// The operators' command line of Countersign.
///
/// Exit codes: 0 done, 1 done but there is something to look at (refused rows), 2 not done.
#[derive(Debug, Parser)]
#[command(name = "countersign", version)]
struct Countersign {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Import(import::Import),
    Audit(audit::Audit),
    MintOperator(operators::MintOperator),
    Token(token::Token),
    Revive(operate::Revive),
    Remap(operate::Remap),
    Resend(operate::Resend),
    Country(operate::SetCountry),
    Stuck(stuck::Stuck),
    Webhook(webhook::Webhooks),
    Provisioning(provisioning::Provisioning),
    Keys(keys::MakeKeys),
    Sample(sample::Sample),
}

/// How a subcommand ended, if it was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// Everything was as it should be.
    Fine,
    /// There is something to look at.
    WithFindings,
}

fn main() -> ExitCode {
    let done = match Countersign::parse().command {
        Command::Import(import) => import.run(),
        Command::Audit(audit) => audit.run(),
        Command::MintOperator(mint) => mint.run(),
        Command::Token(token) => token.run(),
        Command::Revive(revive) => revive.run(),
        Command::Remap(remap) => remap.run(),
        Command::Resend(resend) => resend.run(),
        Command::Country(country) => country.run(),
        Command::Stuck(stuck) => stuck.run(),
        Command::Webhook(webhooks) => webhooks.run(),
        Command::Provisioning(provisioning) => provisioning.run(),
        Command::Keys(keys) => keys.run(),
        Command::Sample(sample) => sample.run(),
    };
    match done {
        Ok(Done::Fine) => ExitCode::SUCCESS,
        Ok(Done::WithFindings) => ExitCode::from(1),
        Err(error) => {
            if !is_broken_pipe(error.as_ref()) {
                eprintln!("countersign: {error}");
            }
            ExitCode::from(2)
        }
    }
}

/// Whoever reads the output may stop early (`countersign … | head`); that is nothing to complain about.
fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
