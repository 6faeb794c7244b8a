//! The only place that knows DynamoDB: one file a noun, one named function an access pattern.
//!
//! Reads that belong together are one `BatchGetItem` ([`read::Batch`]); every state change is one `TransactWriteItems`
//! ([`write::Write`]). Nothing here decides anything: rules are in `licensing`, and what they return is what is written.

pub mod activations;
pub mod audit;
pub mod due;
pub mod joins;
pub mod licences;
pub mod mails;
pub mod marks;
pub mod meter;
pub mod orders;
pub mod outbox;
pub mod people;
pub mod read;
pub mod table;
pub mod tokens;
pub mod webhooks;
mod wire;
pub mod write;

use std::{collections::HashMap, fmt, sync::Arc};

pub use aws_sdk_dynamodb as sdk;
use aws_sdk_dynamodb::{Client, error::SdkError, types::AttributeValue};
use licensing::{Timestamp, policy::MailPolicy, when::add_minutes};
pub use meter::Meter;
pub use read::{Batch, Got, Slot};
pub use table::Table;
pub use write::{Failed, Lost, Write};

/// An item as DynamoDB gives it.
pub type Item = HashMap<String, AttributeValue>;

/// Draws random bytes: salts of audit entries, and how long to wait before trying again.
pub type Chance = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The database.
#[derive(Clone)]
pub struct Store {
    client: Client,
    prefix: Arc<str>,
    chance: Chance,
    meter: Arc<Meter>,
    redrive_minutes: u32,
}

/// The database did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Not reachable, slow, or throttling, after all attempts.
    Unavailable(String),
    /// Others wrote at the same time, again and again.
    Busy,
    /// What is stored can't be read: a defect.
    Corrupt(String),
    /// The database refused the request: a defect, or a missing permission.
    Refused(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "the database is not reachable: {why}"),
            Self::Busy => f.write_str("others write at the same time"),
            Self::Corrupt(what) => write!(f, "a stored item can't be read: {what}"),
            Self::Refused(why) => write!(f, "the database refused the request: {why}"),
        }
    }
}

impl std::error::Error for Error {}

impl Store {
    /// A store whose tables' names begin with `prefix`.
    pub fn new(client: Client, prefix: &str, chance: Chance, policy: &MailPolicy) -> Self {
        let redrive_minutes = policy.redrive_minutes;
        Self { client, prefix: prefix.into(), chance, meter: Arc::default(), redrive_minutes }
    }

    /// The full name of a table.
    pub fn name(&self, table: Table) -> String {
        format!("{}{}", self.prefix, table.as_str())
    }

    /// The deployment's name, with which its tables' names begin.
    pub fn deployment(&self) -> &str {
        self.prefix.trim_end_matches('-')
    }

    /// The client, for what only set-up and tests do (creating tables).
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Counts calls, steps and capacity units since the store was made.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// When the sweep takes up what is queued at `now` and was not done by then (EXP-01).
    pub(crate) fn redriven_at(&self, now: Timestamp) -> Timestamp {
        add_minutes(now, self.redrive_minutes)
    }

    /// 16 random bytes.
    pub(crate) fn salt(&self) -> [u8; 16] {
        let mut salt = [0; 16];
        (self.chance)(&mut salt);
        salt
    }
}

pub(crate) fn failed<E, R>(error: &SdkError<E, R>) -> Error
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata + fmt::Debug,
    R: fmt::Debug,
{
    match error {
        SdkError::TimeoutError(_) => Error::Unavailable("no answer in time".into()),
        SdkError::DispatchFailure(failure) => Error::Unavailable(format!("no connection: {failure:?}")),
        SdkError::ResponseError(_) => Error::Unavailable("an answer that can't be read".into()),
        SdkError::ServiceError(context) => {
            let meta = context.err().meta();
            let code = meta.code().unwrap_or("unknown");
            let text = format!("{code}: {}", without_values(meta.message().unwrap_or_default()));
            match code {
                "ThrottlingException"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
                | "InternalServerError"
                | "ServiceUnavailable" => Error::Unavailable(text),
                "TransactionConflictException" | "TransactionInProgressException" => Error::Busy,
                _ => Error::Refused(text),
            }
        }
        _ => Error::Refused("the request could not be built".into()),
    }
}

/// The database quotes whole requests where their form is wrong. They hold addresses, which belong in no log.
fn without_values(message: &str) -> String {
    match (message.split_once("Value '"), message.rsplit_once("' at '")) {
        (Some((before, _)), Some((_, behind))) => format!("{before}value at '{behind}"),
        _ => message.to_owned(),
    }
}

pub(crate) fn to_item<T: serde::Serialize>(value: &T) -> Item {
    serde_dynamo::to_item(value).expect("our own types are maps of plain values")
}

/// An item as what it holds.
pub fn from_item<T: serde::de::DeserializeOwned>(item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(|error| Error::Corrupt(error.to_string()))
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

#[cfg(test)]
mod tests {
    use super::without_values;

    /// SAFE-04 what the database says of a request of wrong form is told without the request.
    #[test]
    fn safe_04_an_error_quotes_no_values() {
        let said = "1 validation error detected: Value '[Put(address=o'at@k.example' at 'home)]' at 'transactItems' failed \
                    to satisfy constraint: Member must have length less than or equal to 100";
        assert_eq!(
            without_values(said),
            "1 validation error detected: value at 'transactItems' failed to satisfy constraint: Member must have length \
             less than or equal to 100"
        );
        assert_eq!(without_values("no such table"), "no such table");
    }
}
