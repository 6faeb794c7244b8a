//! `countersign upgrade`: rewrites what an update of the software needs rewritten in stored data.

use std::{collections::BTreeMap, error::Error};

use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use store::{
    Item,
    sdk::types::AttributeValue,
    upgrade::{ALL, Rewrite},
};

use crate::{
    Done,
    connected::{operator, with_app},
    out, paging,
};

/// After an update: rewrite stored data that the new release keeps in another form.
///
/// Run it once all functions are updated. It pages through tables, writes only what is still as it was read, and may be broken
/// off and run again at any time: nothing is done twice. Afterwards you can still go back to the release before. Exit code 1:
/// others changed something meanwhile, run it again; with --dry-run, there is something to rewrite.
#[derive(Debug, Args)]
pub(crate) struct Upgrade {
    /// Only say what would be rewritten.
    #[arg(long)]
    dry_run: bool,

    /// Go on where a run was broken off, as it said.
    #[arg(long, value_name = "WHERE")]
    resume: Option<String>,

    /// So many items a page.
    #[arg(long, value_name = "ITEMS", default_value_t = 500, value_parser = clap::value_parser!(i32).range(1..=10_000))]
    page: i32,

    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// What came of one rewrite.
#[derive(Debug, Default, Serialize)]
struct Outcome {
    rewrite: &'static str,
    read: u64,
    due: u64,
    rewritten: u64,
    left: u64,
}

impl Upgrade {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let (first, mut after) = match &self.resume {
            None => (0, None),
            Some(place) => place_of(place)?,
        };
        with_app(async |app| {
            operator(app).await?;
            let mut left = 0;
            for rewrite in &ALL[first..] {
                let mut outcome = Outcome { rewrite: rewrite.name, ..Outcome::default() };
                loop {
                    let place = resume_at(rewrite, after.as_ref());
                    let page = paging::rewrite(app, rewrite, after.take(), self.page, self.dry_run).await;
                    let page =
                        page.inspect_err(|_| eprintln!("countersign: broken off; go on with --resume '{place}'"))?;
                    outcome.read += page.read;
                    outcome.due += page.due;
                    outcome.rewritten += page.rewritten;
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                    eprintln!("{}: {} items read, {} rewritten", rewrite.name, outcome.read, outcome.rewritten);
                }
                outcome.left = outcome.due - outcome.rewritten;
                left += outcome.left;
                self.tell(rewrite, &outcome);
            }
            Ok(if left > 0 { Done::WithFindings } else { Done::Fine })
        })
    }

    fn tell(&self, rewrite: &Rewrite, outcome: &Outcome) {
        if self.json {
            return out::json(outcome);
        }
        println!("{}: {}", rewrite.name, rewrite.what);
        if self.dry_run {
            println!("  {} items read, {} to be rewritten", outcome.read, outcome.due);
        } else {
            println!("  {} items read, {} rewritten", outcome.read, outcome.rewritten);
            if outcome.left > 0 {
                println!("  {} were changed by others meanwhile: run this again", outcome.left);
            }
        }
    }
}

/// Where to go on, as a text: the rewrite, and the key behind which its next page begins.
fn resume_at(rewrite: &Rewrite, after: Option<&Item>) -> String {
    let text = |value: &AttributeValue| json!(value.as_s().ok());
    let key: Option<Value> = after.map(|key| key.iter().map(|(name, value)| (name.clone(), text(value))).collect());
    json!([rewrite.name, key]).to_string()
}

fn place_of(place: &str) -> Result<(usize, Option<Item>), Box<dyn Error>> {
    let wrong = || format!("--resume takes what a run that was broken off said, not {place}");
    let (name, key): (String, Option<BTreeMap<String, String>>) = serde_json::from_str(place).map_err(|_| wrong())?;
    let first = ALL.iter().position(|rewrite| rewrite.name == name).ok_or_else(wrong)?;
    let key = key.map(|key| key.into_iter().map(|(name, value)| (name, AttributeValue::S(value))).collect());
    Ok((first, key))
}
