//! Records of a DynamoDB stream, and which of them failed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::Item;

use crate::deadline::Deadline;

/// What a stream hands to a function.
#[derive(Debug, Clone, Deserialize)]
pub struct Records {
    /// In the order of the shard.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
    /// When the call has to come to an end.
    #[serde(skip)]
    pub deadline: Deadline,
}

/// Nothing is begun when less than this is left of a call's time: more than one record, or one mail, ever takes.
const SPARE: Duration = Duration::from_secs(10);

impl Records {
    /// These, with all the time in the world.
    pub const fn of(records: Vec<Record>) -> Self {
        Self { records, deadline: Deadline::NONE }
    }

    /// Whether there is no time left to begin anything: the rest is reported as failed, and comes again. A call that is cut
    /// off could not say what it did.
    pub fn is_out_of_time(&self) -> bool {
        self.deadline.is_within(SPARE)
    }
}

/// One change.
#[derive(Debug, Clone, Deserialize)]
pub struct Record {
    /// `INSERT`, `MODIFY`, `REMOVE`.
    #[serde(rename = "eventName")]
    pub kind: String,
    /// What changed.
    pub dynamodb: Change,
}

/// What changed.
#[derive(Debug, Clone, Deserialize)]
pub struct Change {
    /// The item as it is now.
    #[serde(rename = "NewImage", default)]
    pub new_image: serde_json::Value,
    /// Its place in the shard.
    #[serde(rename = "SequenceNumber")]
    pub sequence_number: String,
}

impl Record {
    /// The item as it is now; none for a removal. What can't be read is an error, so that it is reported and set aside, not
    /// passed over.
    pub fn item(&self) -> Result<Option<Item>, store::Error> {
        if self.kind == "REMOVE" {
            return Ok(None);
        }
        let item = store::read::item_of_json(&self.dynamodb.new_image);
        item.map(Some).ok_or_else(|| store::Error::Corrupt("a record's image".into()))
    }
}

/// The records that failed. Lambda sends everything from the first of them on again, so a record that was done may
/// come again, and must then have no second effect; a record behind one that failed is done all the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failures {
    /// Empty: all were done.
    #[serde(rename = "batchItemFailures")]
    pub failures: Vec<Failure>,
}

/// One record that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its place in the shard.
    #[serde(rename = "itemIdentifier")]
    pub sequence_number: String,
}

impl Failures {
    /// One more.
    pub fn push(&mut self, record: &Record) {
        self.failures.push(Failure { sequence_number: record.dynamodb.sequence_number.clone() });
    }
}
