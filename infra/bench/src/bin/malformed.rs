//! SAFE-07: requests that are wrong in every way, over all routes of a running portal with the sample data: how they are
//! answered, and how long the longest takes.

#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

use std::{
    collections::BTreeMap,
    process::ExitCode,
    time::{Duration, Instant},
};

use bench::{Error, figures::Figures};
use tests::{
    malformed::{Malformed, Proofs, Sent},
    reader::{Reader, has_link, mint, token},
    wire,
};

const REQUESTS: usize = 20_000;
const LONGEST: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    bench::run(measure())
}

async fn measure() -> Result<Figures, Error> {
    let requests = bench::argument(REQUESTS)?;
    let running = local::start(local::Options { sample: true, ..local::Options::default() }).await?;
    let mut progress = running.sample.clone();
    progress.wait_for(|progress| progress.done).await?;
    running.settled().await;
    let mut reader = Reader::new(&running.portal_url, &running.mailbox_url);
    let mail = reader.mail(local::sample::SOMEBODY, |mail| has_link(mail, "/a#")).await;
    reader.sign_in(local::sample::SOMEBODY).await;
    mint(&running.app, "secret").await;
    let cookie = reader.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let proofs =
        Proofs { origin: running.portal_url.clone(), cookie, token: "secret".into(), links: vec![token(&mail, "/a#")] };

    let mut figures = Figures::of("malformed requests over all routes:");
    let (mut statuses, mut ways) = (BTreeMap::<u16, usize>::new(), BTreeMap::<&str, usize>::new());
    let (mut failed, mut slow, mut longest) = (Vec::new(), Vec::new(), Duration::ZERO);
    for sent in Malformed::new(1, proofs).take(requests) {
        let headers: Vec<(&str, &str)> =
            sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let start = Instant::now();
        let answer = wire::ask(&running.portal_url, &sent.method, &sent.path, &headers, &sent.body).await;
        let took = start.elapsed();
        longest = longest.max(took);
        *statuses.entry(answer.status).or_default() += 1;
        *ways.entry(sent.way).or_default() += 1;
        if answer.status >= 500 {
            failed.push(format!("{} {}", answer.status, told(&sent)));
        }
        if took > LONGEST {
            slow.push(format!("{} ms, {} {}", took.as_millis(), answer.status, told(&sent)));
        }
    }
    for (way, count) in ways {
        figures.note(&format!("wrong by {way}"), count);
    }
    for (status, count) in statuses {
        figures.note(&format!("answered with {status}"), count);
    }
    figures.note("the longest", format!("{} ms", longest.as_millis()));
    for line in failed.iter().chain(&slow).take(20) {
        println!("  {line}");
    }
    figures.exactly("answers of 5xx", as_f64(failed.len()), 0.0, "");
    figures.exactly("answers after more than a second", as_f64(slow.len()), 0.0, "");
    running.stop().await;
    Ok(figures)
}

/// A request in one line.
fn told(sent: &Sent) -> String {
    let body = String::from_utf8_lossy(&sent.body[..sent.body.len().min(100)]).into_owned();
    let path: String = sent.path.chars().take(100).collect();
    format!("{} {path} ({}, {} bytes): {body}", sent.method, sent.way, sent.body.len())
}

fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
