//! `countersign keys`: the secrets that a deployment is set up with.

use std::{collections::BTreeMap, error::Error};

use clap::Args;
use ed25519_dalek::SigningKey;
use gateway::Chance;
use licensing::seal::to_text;

use crate::Done;

/// Make new secrets for a deployment. Prints them as environment variables.
#[derive(Debug, Args)]
pub(crate) struct MakeKeys {
    /// The number of the link key, one more than the newest in use.
    #[arg(long, default_value_t = 1)]
    number: u8,

    /// Print them as one JSON object, ready for the deployment's secret.
    #[arg(long)]
    json: bool,
}

impl MakeKeys {
    #[expect(clippy::unnecessary_wraps, reason = "every subcommand ends the same way")]
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let chance = Chance::system();
        let seal = SigningKey::from_bytes(&chance.bytes::<32>());
        // What the content network proves itself with, and what is believed: two of them while one takes the other's place.
        let edge = to_text(&chance.bytes::<32>());
        let keys = [
            ("COUNTERSIGN_LINK_KEYS", format!("{}:{}", self.number, to_text(&chance.bytes::<32>()))),
            ("COUNTERSIGN_SEAL_KEY", to_text(&seal.to_bytes())),
            ("COUNTERSIGN_SEAL_PUBLIC", to_text(seal.verifying_key().as_bytes())),
            ("COUNTERSIGN_WEBHOOK_KEYS", format!("{}:{}", self.number, to_text(&chance.bytes::<32>()))),
            ("COUNTERSIGN_EDGE_SECRET", edge.clone()),
            ("COUNTERSIGN_EDGE_SECRETS", edge),
        ];
        if self.json {
            println!("{}", serde_json::json!(BTreeMap::from(keys)));
        } else {
            for (name, value) in keys {
                println!("{name}={value}");
            }
        }
        Ok(Done::Fine)
    }
}
