//! The store that the environment points to, with the settings that the functions have (`AWS_REGION`, `AWS_ACCESS_KEY_ID`,
//! `AWS_ENDPOINT_URL_DYNAMODB`, `COUNTERSIGN_TABLES`, …). On one machine, `.local/env` holds them.

use std::error::Error;

use gateway::{
    App, Chance, Clock,
    boot::{self, Settings},
};
use licensing::{audit::Actor, event::Receiver, outside::Endpoint, seal::stored_hash, sign::SigningKeys};
use store::optimistic::NoOutcome;

/// Runs work with an application made from the environment.
pub(crate) fn with_app<T>(work: impl AsyncFnOnce(&App) -> Result<T, Box<dyn Error>>) -> Result<T, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // Nothing here serves pages, so what a deployment demands of its address does not matter.
        let settings = Settings { production: false, ..Settings::from_env() };
        let clock = Clock::system();
        clock.set_offset(moved_by()?);
        let app = boot::app(&settings, clock, Chance::system()).map_err(|error| error.to_string())?;
        work(&app).await
    })
}

/// The clock of a portal on one machine can be moved; what its operators do happens at its time. The file says by how many
/// seconds; it is missing until the clock is moved for the first time.
pub(crate) fn moved_by() -> Result<i64, Box<dyn Error>> {
    let Some(file) = std::env::var_os("COUNTERSIGN_CLOCK") else { return Ok(0) };
    match std::fs::read_to_string(&file) {
        Ok(text) => {
            Ok(text.trim().parse().map_err(|_| "The file that COUNTERSIGN_CLOCK names holds no number of seconds. Start the portal again with `cargo xtask run`.")?)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// What to do about an error of the database.
pub(crate) fn help_with(error: &(dyn Error + 'static)) -> Option<&'static str> {
    match error.downcast_ref::<store::Error>()? {
        store::Error::Unavailable(_) => Some(
            "On this machine: start the portal with `cargo xtask run`, then `set -a; . .local/env; set +a`. For a deployment: \
             set AWS_REGION and COUNTERSIGN_TABLES, and check your credentials. Then run the command again.",
        ),
        store::Error::Busy => Some("Run the command again."),
        store::Error::Refused(_) => Some(
            "Check AWS_REGION and COUNTERSIGN_TABLES (the deployment's output `Tables`). Your credentials need the policy of its \
             output `OperatorsPolicy`.",
        ),
        store::Error::Corrupt(_) | store::Error::Later(_) => {
            Some("Use the version of this program that belongs to the deployment.")
        }
    }
}

/// Why an operator's change has no outcome after one round.
pub(crate) enum Conflict {
    /// Somebody wrote between reading and writing.
    Lost,
    /// What stands against it.
    Said(Box<dyn Error>),
}

impl NoOutcome for Conflict {
    type Error = Box<dyn Error>;

    fn obstacle(self) -> Option<Box<dyn Error>> {
        match self {
            Self::Lost => None,
            Self::Said(why) => Some(why),
        }
    }

    fn given_up() -> Box<dyn Error> {
        "Someone is changing it right now. Run the command again.".into()
    }
}

impl From<store::Failed> for Conflict {
    fn from(failed: store::Failed) -> Self {
        match failed {
            store::Failed::Lost(_) => Self::Lost,
            store::Failed::Error(error) => Self::Said(error.into()),
        }
    }
}

impl From<store::Error> for Conflict {
    fn from(error: store::Error) -> Self {
        Self::Said(error.into())
    }
}

impl From<String> for Conflict {
    fn from(why: String) -> Self {
        Self::Said(why.into())
    }
}

/// Why a change was not written.
pub(crate) fn not_written(failed: store::Failed) -> Box<dyn Error> {
    match failed {
        store::Failed::Lost(_) => "Someone changed it at the same moment. Run the command again.".into(),
        store::Failed::Error(error) => error.into(),
    }
}

/// The operator behind `COUNTERSIGN_OPERATOR`, as the audit names them.
pub(crate) async fn operator(app: &App) -> Result<String, Box<dyn Error>> {
    let secret = std::env::var("COUNTERSIGN_OPERATOR").map_err(
        |_| "Set COUNTERSIGN_OPERATOR to your operator's secret. `countersign mint-operator NAME` prints one.",
    )?;
    let token = app.store.token(&stored_hash(secret.trim().as_bytes())).await?;
    match token {
        Some(token) if token.allows("operate", app.now()) => Ok(token.name),
        _ => Err("COUNTERSIGN_OPERATOR is not the secret of an operator, or it was revoked or has expired. \
                  `countersign mint-operator NAME` prints a new one."
            .into()),
    }
}

/// An address of somebody else's as an operator gives it. Programs on this machine only where the functions call such, too.
pub(crate) fn endpoint(text: &str) -> Result<Endpoint, Box<dyn Error>> {
    let endpoint: Endpoint = text.parse().map_err(|why| format!("The address {why}."))?;
    if endpoint.is_loopback() && !Settings::from_env().loopback {
        return Err("The address must begin with https://.".into());
    }
    Ok(endpoint)
}

/// The secret of a receiver, to be shown to whoever runs it.
pub(crate) fn secret_of(receiver: &Receiver) -> Result<String, Box<dyn Error>> {
    let keys = Settings::from_env().webhook_keys.ok_or("Set COUNTERSIGN_WEBHOOK_KEYS to what the functions have.")?;
    Ok(SigningKeys::parse(&keys)?.secret(&receiver.name()))
}

/// An operator as the audit takes them.
pub(crate) fn actor(name: &str) -> Actor {
    Actor::Operator { name: name.to_owned() }
}
