//! REQ-02: whether an outsider can tell by the time that an answer takes whether a Licensing ID is loaded. Operations, sizes and answers
//! are the same, which tests assert; time can only be measured.

use std::{
    path::Path,
    process::{Command, ExitCode},
    time::Duration,
};

use bench::{
    Error,
    events::{World, expect_good, get, post_as},
    figures::{Figures, short},
    process::{clock, programs},
    runtime::Function,
};
use gateway::testing::Browser;
use serde_json::{Value, json};

/// Calls of each kind.
const CALLS: usize = 300;

fn main() -> ExitCode {
    bench::run(measure())
}

async fn measure() -> Result<Figures, Error> {
    let calls = bench::argument(CALLS)?;
    let figures = Figures::of(&format!(
        "an outsider, {calls} times by turns with a number that is loaded and with one that is not:"
    ));
    let world = World::new().await?;
    let start = async |name: &str| -> Result<Function, Error> {
        let mut program = Command::new(programs()?.join(name));
        program.env_clear().envs(world.environment.iter().map(|(name, value)| (*name, value)));
        // All of them ask from one network.
        program.env("COUNTERSIGN_POLICY", json!({ "requests": { "asks_a_day_a_network": 1_000_000 } }).to_string());
        Function::start(&mut program, Duration::from_secs(30)).await
    };
    let (asks, shows) = (start("request-permission").await?, start("show-portal").await?);
    // By turns, and who comes first changes: a machine that is slower for a while is slower for both.
    let numbers = ["88590039", "88590040"];
    let (mut asked, mut looked) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for call in 0..calls {
        for turn in 0..2 {
            let which = (call + turn) % 2;
            let licence = json!({ "programme": "enterprise", "number": numbers[which] });
            // Nobody asks often, so each asks once.
            let browser = stranger(&world).await;
            let ask = json!({ "licence": licence, "asked": { "roles": ["licensing-info"] } });
            asked[which].push(timed(&asks, &post_as(api::path::REQUEST_ASK, &ask, &browser), true).await?);
            let page = get(&api::path::licence("enterprise", numbers[which]), &browser);
            looked[which].push(timed(&shows, &page, false).await?);
        }
    }
    for (what, [known, unknown]) in [("asks for permission", &mut asked), ("opens the licence's page", &mut looked)] {
        for (name, times) in [("loaded", known), ("not loaded", unknown)] {
            times.sort();
            let at = |part: usize| short(times[times.len() * part / 10].as_secs_f64() * 1e3);
            figures.note(&format!("{what}, {name}"), format!("{} ms (tenths: {} to {})", at(5), at(1), at(9)));
        }
    }
    Ok(figures)
}

async fn stranger(world: &World) -> Browser {
    let address = format!("{}@fabrikam.example", world.bench.app.chance.name());
    world.bench.signed_in(&[&address]).await
}

/// How long it takes until the answer is there.
async fn timed(function: &Function, event: &Value, is_good: bool) -> Result<Duration, Error> {
    let begin = clock();
    let answered = function.call(event).await?;
    let took = begin.elapsed();
    if is_good {
        expect_good(Path::new("request-permission"), &answered.answer)?;
    }
    Ok(took)
}
