//! What Lambda does with a batch of a stream's records, as far as a function can tell: for tests that it survives that.
//!
//! With `ReportBatchItemFailures` a function says which records failed. Lambda keeps only the *first* of them in mind: it
//! continues there, so it sends records behind it a second time even if they were done. Doing nothing twice is up to
//! the function. Where the first record of a batch is among those that failed, or the call failed altogether, the batch is
//! cut in halves (`BisectBatchOnFunctionError`) until the record is alone; halving does not count as an attempt. What has
//! failed too often goes to the dead letters, with all that is left of its batch, and the shard goes on behind it.

use std::fmt;

use serde_json::{Value, json};
use store::{Item, sdk::types::AttributeValue};

use crate::stream::Failures;

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Driven {
    /// The places of the records of each call, in the order of the calls.
    pub calls: Vec<Vec<usize>>,
    /// The places of those that lie with the dead letters.
    pub dead: Vec<usize>,
}

impl Driven {
    /// How often the record at this place was handed over.
    pub fn times(&self, place: usize) -> usize {
        self.calls.iter().flatten().filter(|called| **called == place).count()
    }
}

/// Hands records over as Lambda does, until each is done or given up after `attempts`. The function takes an event and
/// answers with failures; `None`: the call failed altogether.
pub async fn drive(
    records: &[Value],
    attempts: usize,
    mut function: impl AsyncFnMut(Value) -> Option<Failures>,
) -> Driven {
    let mut driven = Driven::default();
    // What comes first in the shard is last in here.
    let mut waiting = vec![(0..records.len(), 0)];
    while let Some((part, tried)) = waiting.pop() {
        driven.calls.push(part.clone().collect());
        let first_failed = match function(json!({ "Records": &records[part.clone()] })).await {
            Some(failures) => part.clone().find(|place| {
                failures.failures.iter().any(|failure| number_of(&records[*place]) == failure.sequence_number)
            }),
            None => Some(part.start),
        };
        let Some(first_failed) = first_failed else { continue };
        let rest = first_failed..part.end;
        if first_failed == part.start && rest.len() > 1 {
            let middle = rest.start + rest.len() / 2;
            waiting.extend([(middle..rest.end, tried), (rest.start..middle, tried)]);
        } else if tried + 1 >= attempts {
            driven.dead.extend(rest);
        } else {
            waiting.push((rest, tried + 1));
        }
    }
    driven
}

fn number_of(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default()
}

/// How often the template's mappings hand a record over until it is given up.
pub const ATTEMPTS: usize = 10;

/// Which of a batch of eight records fail: one of 256 ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfEight(u8);

impl OfEight {
    /// All ways, from none to all.
    pub fn every_way() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).map(Self)
    }

    /// Whether the record at this place is one of them.
    pub const fn has(self, place: usize) -> bool {
        self.0 & (1 << place) != 0
    }

    /// The places of those that are.
    pub fn places(self) -> Vec<usize> {
        (0..8).filter(|place| self.has(*place)).collect()
    }

    /// The places of those that are not.
    pub fn others(self) -> Vec<usize> {
        (0..8).filter(|place| !self.has(*place)).collect()
    }
}

/// As bits: a name of its own for each way.
impl fmt::Display for OfEight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08b}", self.0)
    }
}

/// Hands eight records over of which some fail until `heal` was called, which is done after the first call. Exactly those are
/// reported then, and none ends with the dead letters. How many of the others came again although they were done.
pub async fn drive_failing(
    records: &[Value],
    failing: OfEight,
    mut function: impl AsyncFnMut(Value) -> Option<Failures>,
    heal: impl AsyncFnOnce(),
) -> usize {
    let mut heal = Some(heal);
    let driven = drive(records, ATTEMPTS, async |event| {
        let failures = function(event).await?;
        if let Some(heal) = heal.take() {
            let reported: Vec<usize> =
                failures.failures.iter().map(|one| one.sequence_number.parse().expect("a place")).collect();
            assert_eq!(reported, failing.places(), "{failing}: those that failed");
            heal().await;
        }
        Some(failures)
    })
    .await;
    assert!(driven.dead.is_empty(), "{failing}: {:?}", driven.dead);
    failing.others().into_iter().filter(|place| driven.times(*place) > 1).count()
}

/// So many of the 1,024 that do not fail in [`OfEight::every_way`] come again because one before them did.
pub const COME_AGAIN: usize = 769;

/// Items as a stream carries them when they are new, one after the other.
pub fn as_inserted(images: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let record = |(number, image): (usize, Value)| json!({ "eventName": "INSERT", "dynamodb": { "NewImage": image, "SequenceNumber": format!("{number:05}") } });
    images.into_iter().enumerate().map(record).collect()
}

/// An item as a stream carries it.
pub fn image(item: &Item) -> Value {
    Value::Object(item.iter().map(|(name, value)| (name.clone(), typed(value))).collect())
}

fn typed(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(is) => json!({ "BOOL": is }),
        AttributeValue::Null(_) => json!({ "NULL": true }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(typed).collect::<Vec<_>>() }),
        AttributeValue::M(map) => json!({ "M": image(map) }),
        other => panic!("no item of ours holds {other:?}"),
    }
}

/// Records that can never be done: an image whose form nobody knows, one that lacks what makes it what it is, and one that
/// is no record at all, at which a call fails altogether.
pub fn poison(number: usize) -> Value {
    let place = format!("{number:05}");
    let image = match number % 3 {
        0 => json!({ "event_id": { "S": "x" }, "order_id": { "X": "?" }, "consumer": { "S": "mail" } }),
        1 => json!({ "order_id": { "S": "x" }, "event_id": { "S": "x" } }),
        _ => return json!({ "eventName": 7, "dynamodb": { "SequenceNumber": place } }),
    };
    json!({ "eventName": "INSERT", "dynamodb": { "NewImage": image, "SequenceNumber": place } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Failure;

    /// Drives four records of which some fail always: the calls, and the dead letters.
    async fn driven(failing: &[usize], reports: bool) -> Driven {
        let records = as_inserted((0..4).map(|_| json!({})));
        drive(&records, 2, async |event| {
            let handed: Vec<String> =
                event["Records"].as_array()?.iter().map(|record| number_of(record).to_owned()).collect();
            let failed =
                handed.into_iter().filter(|number| failing.iter().any(|place| *number == format!("{place:05}")));
            let failures: Vec<_> = failed.map(|sequence_number| Failure { sequence_number }).collect();
            (reports || failures.is_empty()).then_some(Failures { failures })
        })
        .await
    }

    #[tokio::test]
    async fn what_lies_behind_the_first_failure_comes_again() {
        let third = driven(&[2], true).await;
        assert_eq!(third.calls, [vec![0, 1, 2, 3], vec![2, 3], vec![2], vec![3]]);
        assert_eq!(third.dead, [2]);
        let first = driven(&[0], true).await;
        assert_eq!(first.calls, [vec![0, 1, 2, 3], vec![0, 1], vec![0], vec![0], vec![1], vec![2, 3]]);
        assert_eq!((first.dead.as_slice(), first.times(0), first.times(1)), (&[0][..], 4, 3));
        assert!(driven(&[], true).await.dead.is_empty());
    }

    #[tokio::test]
    async fn a_call_that_fails_altogether_is_halved() {
        let third = driven(&[2], false).await;
        assert_eq!(third.calls, [vec![0, 1, 2, 3], vec![0, 1], vec![2, 3], vec![2], vec![2], vec![3]]);
        assert_eq!(third.dead, [2]);
    }
}
