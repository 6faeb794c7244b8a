//! Countersign on one machine.

use std::{net::IpAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use licensing::Timestamp;
use local::{Options, Port, Running, folder::Sample};

/// Run the whole portal on this machine: database, functions, emails, pages.
#[derive(Debug, Parser)]
#[command(name = "local", version)]
struct Arguments {
    /// The folder for the database, the emails and the secrets. It is created if it is missing.
    #[arg(long, value_name = "FOLDER", default_value = ".local")]
    data: PathBuf,

    /// The folder with the pages, as `cargo xtask pages` builds them.
    #[arg(long, value_name = "FOLDER")]
    pages: Option<PathBuf>,

    /// The portal's port. Default: 8400, or the next free one.
    #[arg(long)]
    port: Option<u16>,

    /// Set the portal's clock to this time, such as 2027-01-31T09:00:00Z. It keeps running from there, also after a restart.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,

    /// Start with an empty database, without the sample data. A folder that was begun like this never gets them.
    #[arg(long)]
    empty: bool,

    /// A file with a policy (JSON). Default: the one that comes with this program.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// Listen on this address, for containers. Anyone who can reach it can read every email. Default: this machine only.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<IpAddr>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Runtime::new().expect("the system gives threads");
    let outcome = runtime.block_on(run(&arguments));
    // A long sweep is broken off: the next start goes on with it.
    runtime.shutdown_timeout(Duration::from_secs(1));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("The portal can't run: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), local::Error> {
    let policy = arguments.policy.as_ref().map(std::fs::read_to_string).transpose()?;
    let running = local::start(Options {
        data: Some(arguments.data.clone()),
        pages: arguments.pages.clone(),
        port: Some(arguments.port.map_or(Port::From(8400), Port::Exactly)),
        at: arguments.at,
        sample: !arguments.empty,
        policy,
        listen: arguments.listen,
    })
    .await?;
    tell(&running, arguments);
    let progress = tokio::spawn(local::sample::tell(running.sample.clone()));
    stop_asked().await?;
    println!("\nStopping.");
    progress.abort();
    running.stop().await;
    Ok(())
}

fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| licensing::when::no_time(text))
}

fn tell(running: &Running, arguments: &Arguments) {
    let data = arguments.data.display();
    println!("\n  Countersign on this machine\n");
    println!("  portal    {}", running.portal_url);
    println!("  mailbox   {}   every email that is sent, and the portal's clock", running.mailbox_url);
    if running.has_sample != Sample::Without {
        println!("  sign in   as {}; the code arrives in the mailbox", local::sample::SOMEBODY);
    }
    println!("  data      {data}   delete it to start over");
    if running.has_sample == Sample::Without && !arguments.empty {
        println!("  sample    left out: this folder was begun without the sample data, and holds only yours");
    }
    println!("  tools     {}", local::tools_line(&arguments.data, std::env::current_exe().ok().as_deref()));
    if running.app.clock.offset() != 0 {
        println!("  clock     {}   moved; reset it in the mailbox", running.app.now());
    }
    println!("  stop      Ctrl-C\n");
}

/// Ctrl-C, or what a service manager sends.
async fn stop_asked() -> Result<(), local::Error> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
