//! Where what falls due is found again: a sparse index whose partition is an hour and a shard (EXP-02).

use crate::when::{Timestamp, add_hours};

/// Items of one hour are spread over this many partitions, so that none becomes hot.
pub const SHARDS: u32 = 8;

/// The partition of an item that falls due at `at`: `2026-11-22T03#5`. `id` only picks the shard.
pub fn slot(at: Timestamp, id: &str) -> String {
    // FNV-1a: any even spread does, as long as it never changes for what is stored.
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    slot_of_shard(at, u32::try_from(hash >> 32).unwrap_or(0) % SHARDS)
}

/// All partitions from the hour of `from` to the hour of `to`, oldest first.
pub fn slots(from: Timestamp, to: Timestamp) -> impl Iterator<Item = String> {
    let first = hour(from);
    let last = hour(to);
    std::iter::successors(Some(first), |at| Some(add_hours(*at, 1)))
        .take_while(move |at| *at <= last)
        .flat_map(|at| (0..SHARDS).map(move |shard| slot_of_shard(at, shard)))
}

fn slot_of_shard(at: Timestamp, shard: u32) -> String {
    let text = hour(at).to_string();
    format!("{}#{shard}", &text[..13])
}

/// The start of the hour in which `at` falls.
pub fn hour(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(3600) * 3600).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EXP-02 every slot in which an item can lie is visited by a sweep from its hour on.
    #[test]
    fn exp_02_an_item_lies_in_a_slot_that_the_sweep_visits() {
        let at: Timestamp = "2026-11-22T03:59:59Z".parse().unwrap();
        let visited: Vec<String> = slots(add_hours(at, 0), add_hours(at, 1)).collect();
        assert_eq!(visited.len(), 16);
        for id in 0..100 {
            assert!(visited.contains(&slot(at, &format!("item {id}"))));
        }
        assert_eq!(slot_of_shard(at, 5), "2026-11-22T03#5");
    }

    /// EXP-02 items of one due time are spread.
    #[test]
    fn exp_02_items_of_one_time_are_spread_over_all_shards() {
        let at: Timestamp = "2026-11-22T03:00:00Z".parse().unwrap();
        let mut counts = std::collections::BTreeMap::new();
        for id in 0..8000 {
            *counts.entry(slot(at, &format!("enterprise/{id} MAIL"))).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 8);
        assert!(counts.values().all(|n| (800..1200).contains(n)), "{counts:?}");
    }
}
