//! `countersign keys`: the secrets that a deployment is set up with.

use std::error::Error;

use clap::Args;
use ed25519_dalek::SigningKey;
use gateway::Chance;
use licensing::seal::to_text;

use crate::Done;

/// Make new secrets for a deployment; prints them as environment variables.
#[derive(Debug, Args)]
pub(crate) struct MakeKeys {
    /// The number of the link key, one more than the newest in use.
    #[arg(long, default_value_t = 1)]
    number: u8,
}

impl MakeKeys {
    #[expect(clippy::unnecessary_wraps, reason = "every subcommand ends the same way")]
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let chance = Chance::system();
        let seal = SigningKey::from_bytes(&chance.bytes::<32>());
        println!("COUNTERSIGN_LINK_KEYS={}:{}", self.number, to_text(&chance.bytes::<32>()));
        println!("COUNTERSIGN_SEAL_KEY={}", to_text(&seal.to_bytes()));
        println!("COUNTERSIGN_SEAL_PUBLIC={}", to_text(seal.verifying_key().as_bytes()));
        println!("COUNTERSIGN_EDGE_SECRETS={}", to_text(&chance.bytes::<32>()));
        Ok(Done::Fine)
    }
}
