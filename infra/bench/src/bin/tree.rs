//! LIC-03 ROLE-04: an agreement with thousands below it, and a person with thousands of Licensing IDs: how fast they are loaded, and what
//! `show-portal` needs to show all of them.

use std::{
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, ExitCode, Stdio},
    time::Duration,
};

use bench::{
    Error,
    database::{self, Database, Folder},
    events::{World, expect_good, get},
    figures::{Figures, short},
    process::{self, programs, used},
    runtime::Function,
};
use gateway::testing::{
    Browser,
    scene::{MAIL, at_contoso},
};
use licensing::{ContactName, Licence, import::record::Agreement};
use serde_json::{Value, json};
use store::Write;

/// Agreements below one, unless told otherwise.
const BELOW: usize = 5_000;
/// Licensing IDs of a person.
const OWN: usize = 2_000;
/// Loads of each kind; the middle pair counts.
const LOADS: usize = 3;

fn main() -> ExitCode {
    database::serve_if_asked().unwrap_or_else(|| bench::run(measure()))
}

async fn measure() -> Result<Figures, Error> {
    let below = bench::argument(BELOW)?;
    let mut figures = Figures::of(&format!("{below} agreements below one, against as many that stand alone:"));
    let folder = Folder::new()?;
    let (alone, under) = (folder.file("alone.jsonl"), folder.file("under.jsonl"));
    fs::write(&alone, rows(below, None))?;
    fs::write(&under, rows(below, Some("M-1")))?;
    let (mut by_time, mut by_cpu, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for load in 0..LOADS {
        let one = loaded(&alone, &folder.file(&format!("alone-{load}")))?;
        let other = loaded(&under, &folder.file(&format!("under-{load}")))?;
        by_time.push(one.wall.as_secs_f64() / other.wall.as_secs_f64());
        by_cpu.push(one.cpu.as_secs_f64() / other.cpu.as_secs_f64());
        rates.push(as_f64(below) / other.wall.as_secs_f64());
    }
    figures.note("rows a second, with one above", short(middle(&mut rates).round()));
    figures.at_least("their rate, by time", middle(&mut by_time), 0.9, "×");
    figures.note("  by CPU of command and database", format!("{} ×", short(middle(&mut by_cpu))));

    println!("`show-portal`, one process for everything that is asked:");
    let world = World::new().await?;
    store_all(&world, below).await?;
    let mut function = Command::new(programs()?.join("show-portal"));
    function.env_clear().envs(world.environment.iter().map(|(name, value)| (*name, value)));
    let function = Function::start(&mut function, Duration::from_mins(2)).await?;
    for (name, who) in [("Administrator of the one above", "boss"), ("named by each of many", "many")] {
        let browser = world.bench.signed_in(&[at_contoso(who).as_str()]).await;
        figures.note(name, who);
        for (what, path) in [
            ("first page of licences", "/api/me/licences".to_owned()),
            ("first page of activations", "/api/activations".to_owned()),
            ("overview", "/api/me/overview".to_owned()),
        ] {
            let answer = asked(&function, &browser, &path).await?;
            figures.note(&format!("  {what}, memory then"), format!("{} MB", short(answer.1)));
        }
        let last = if who == "boss" { below } else { OWN } - 1;
        let (mut after, mut requests) = (String::new(), 0);
        loop {
            let answer = asked(&function, &browser, &format!("/api/me/licences?q={last:05}{after}")).await?.0;
            let page: Value = serde_json::from_str(&answer)?;
            requests += 1;
            if page["licences"].as_array().is_some_and(|found| !found.is_empty()) {
                break;
            }
            let next = page["next"].as_str().ok_or_else(|| format!("{who} does not find the last"))?;
            after = format!("&after={}", next.replace('\u{1}', "%01"));
        }
        figures.note("  the last is found by its number, requests", requests);
        let wanted = if who == "boss" { below + 1 } else { OWN };
        let (mut lines, mut parts, mut next) = (0, 0, Some("/api/me/licences?format=csv".to_owned()));
        while let Some(path) = next.take() {
            let answered = function.call(&get(&path, &browser)).await?;
            expect_good(Path::new("show-portal"), &answered.answer)?;
            lines += answered.answer["body"].as_str().unwrap_or_default().lines().count();
            parts += 1;
            let link = answered.answer["headers"]["link"].as_str();
            next = link.and_then(|link| link.split(['<', '>']).nth(1)).map(ToOwned::to_owned);
        }
        figures.exactly("  rows of the whole export", as_f64(lines - 1), as_f64(wanted), "");
        figures.note("  in so many parts", parts);
        let peak = used(function.process())?.peak;
        figures.at_most("  the most memory so far", as_f64(peak) / 1e6, 32.0, "MB");
    }
    Ok(figures)
}

/// What is asked for, and the memory that is resident then, MB.
async fn asked(function: &Function, browser: &Browser, path: &str) -> Result<(String, f64), Error> {
    let answered = function.call(&get(path, browser)).await?;
    expect_good(Path::new("show-portal"), &answered.answer)?;
    let body = answered.answer["body"].as_str().unwrap_or_default().to_owned();
    Ok((body, as_f64(answered.used.resident) / 1e6))
}

/// A customer, an agreement, and many others, below it or not, each with four contacts that are three people: so many has an agreement
/// of the sample data in the middle.
fn rows(many: usize, parent: Option<&str>) -> String {
    let agreement = |programme: &str, number: &str, parent: Option<&str>| -> Value {
        let mut row = json!({
            "type": "agreement", "programme": programme, "number": number, "customer": "contoso",
            "starts": "2026-01-01", "ends": "2028-12-31", "contacts": {
                "primary": "primary@contoso.example", "notices": "notices@contoso.example",
                "online-administrator": "osm@contoso.example", "online-services-manager": "osm@contoso.example",
            },
        });
        if let Some(parent) = parent {
            row["parent"] = json!({ "programme": "master", "number": parent });
        }
        row
    };
    let mut text = json!({ "type": "customer", "id": "contoso", "name": "Contoso", "country": "SE" }).to_string();
    let first = agreement("master", "M-1", None);
    write!(text, "\n{first}").expect("a text takes what is written to it");
    for number in 0..many {
        let row = agreement("select", &format!("{number:05}"), parent);
        write!(text, "\n{row}").expect("a text takes what is written to it");
    }
    text + "\n"
}

struct Loaded {
    wall: Duration,
    /// Of the command and of its database.
    cpu: Duration,
}

fn loaded(rows: &Path, file: &Path) -> Result<Loaded, Error> {
    let database = Database::start(file)?;
    let mint = process::program("countersign")?
        .args(["mint-operator", "bench"])
        .envs(database.environment())
        .stderr(Stdio::null())
        .output()?;
    let secret = String::from_utf8(mint.stdout)?.trim().to_owned();
    let before = used(database.process())?.cpu;
    let mut import = process::program("countersign")?;
    import.arg("import").arg(rows).envs(database.environment()).env("COUNTERSIGN_OPERATOR", secret);
    let start = process::clock();
    let client = process::ended(import.stdout(Stdio::null()).spawn()?, start)?;
    if client.status.code() != Some(0) {
        return Err(format!("the import failed: {}", client.status).into());
    }
    let server = used(database.process())?.cpu.saturating_sub(before);
    drop(database);
    fs::remove_file(file)?;
    Ok(Loaded { wall: client.wall, cpu: client.cpu + server })
}

/// The same in the portal's own database, with the people who see it, and others that name one person each.
async fn store_all(world: &World, below: usize) -> Result<(), Error> {
    let store = &world.bench.store;
    let mut agreement: Agreement = world.bench.context(MAIL).await.agreement.ok_or("Contoso is stored")?.record;
    let mut put = async |licence: String, parent: Option<&str>, who: Option<&str>| -> Result<(), Error> {
        agreement.licence = licence.parse()?;
        agreement.parent = parent.map(str::parse::<Licence>).transpose()?;
        agreement.loaded_contacts =
            who.map(|who| (ContactName::OnlineAdministrator, at_contoso(who))).into_iter().collect();
        let mut write = Write::new();
        write.agreement(store, None, &agreement, "Contoso");
        write.commit(store).await.map_err(|failed| format!("{failed:?}").into())
    };
    put("master/M-1".into(), None, Some("boss")).await?;
    for number in 0..below {
        put(format!("select/{number:05}"), Some("master/M-1"), None).await?;
    }
    for number in 0..OWN {
        put(format!("enterprise/{number:05}"), None, Some("many")).await?;
    }
    Ok(())
}

fn middle(of: &mut [f64]) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "counts of a measurement")]
fn as_f64(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or(u64::MAX) as f64
}
