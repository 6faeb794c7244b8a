//! `countersign`: the operators' command line. One file a subcommand.

/// Standard output whose reader may go away: see [`out`].
macro_rules! println {
    ($($text:tt)*) => { $crate::out::line(format_args!($($text)*)) };
}

/// Standard error, likewise.
macro_rules! eprintln {
    ($($text:tt)*) => { $crate::out::message(format_args!($($text)*)) };
}

mod access;
mod audit;
mod clock;
mod completions;
mod connected;
mod find;
mod import;
mod input;
mod keys;
mod live;
mod mail;
mod operate;
mod operators;
mod out;
mod paging;
mod provisioning;
mod sample;
mod show;
mod stuck;
mod token;
mod upgrade;
mod webhook;

use std::{error::Error, process::ExitCode};

use clap::{Parser, Subcommand};

/// The operators' command line of Countersign.
///
/// Exit codes: 0: done. 1: done, and something needs your attention (refused rows, an activation that needs you, an audit that
/// is not sound, nothing found). 2: not done; standard error says why and what to do. 141: the reader of the output closed it.
#[derive(Debug, Parser)]
#[command(name = "countersign", version)]
struct Countersign {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Import(import::Import),
    Access(access::Access),
    Audit(audit::Audit),
    MintOperator(operators::MintOperator),
    Operator(operators::Operators),
    Token(token::Token),
    Revive(operate::Revive),
    Decline(operate::Decline),
    Remap(operate::Remap),
    Resend(operate::Resend),
    Country(operate::SetCountry),
    Stuck(stuck::Stuck),
    Show(show::Show),
    Find(find::Find),
    Mail(mail::Mail),
    Unsuppress(mail::Unsuppress),
    Webhook(webhook::Webhooks),
    Provisioning(provisioning::Provisioning),
    Upgrade(upgrade::Upgrade),
    Keys(keys::MakeKeys),
    Sample(sample::Sample),
    Completions(completions::Completions),
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
        Command::Access(access) => access.run(),
        Command::Audit(audit) => audit.run(),
        Command::MintOperator(mint) => mint.run(),
        Command::Operator(operators) => operators.run(),
        Command::Token(token) => token.run(),
        Command::Revive(revive) => revive.run(),
        Command::Decline(decline) => decline.run(),
        Command::Remap(remap) => remap.run(),
        Command::Resend(resend) => resend.run(),
        Command::Country(country) => country.run(),
        Command::Stuck(stuck) => stuck.run(),
        Command::Show(show) => show.run(),
        Command::Find(find) => find.run(),
        Command::Mail(mail) => mail.run(),
        Command::Unsuppress(unsuppress) => unsuppress.run(),
        Command::Webhook(webhooks) => webhooks.run(),
        Command::Provisioning(provisioning) => provisioning.run(),
        Command::Upgrade(upgrade) => upgrade.run(),
        Command::Keys(keys) => keys.run(),
        Command::Sample(sample) => sample.run(),
        Command::Completions(completions) => completions.run(),
    };
    match done {
        Ok(Done::Fine) => ExitCode::SUCCESS,
        Ok(Done::WithFindings) => ExitCode::from(1),
        // Whoever reads the output may stop early: that is nothing to complain about.
        Err(error) if is_broken_pipe(error.as_ref()) => ExitCode::from(out::READER_GONE),
        Err(error) => {
            eprintln!("countersign: {error}");
            if let Some(help) = connected::help_with(error.as_ref()) {
                eprintln!("{help}");
            }
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
