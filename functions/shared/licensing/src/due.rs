//! Where what falls due is found again: a sparse index whose partition is a day and a shard (EXP-02).

use crate::when::{Date, Timestamp, day_of};

/// Items of one day are spread over this many partitions, so that none becomes hot: DynamoDB takes a thousand writes a second
/// of each. It may grow: a sweep that looks at fewer would miss what is stored.
pub const SHARDS: u32 = 4;

/// The partition of an item that falls due at `at`: `2026-11-22#3`. `id` only picks the shard. Within a partition items
/// stand in the order of their time, so a sweep reads what is due of a day and never what is due later that day.
pub fn slot(at: Timestamp, id: &str) -> String {
    // FNV-1a: any even spread does, as long as it never changes for what is stored.
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    slot_of_shard(day_of(at), u32::try_from(hash >> 32).unwrap_or(0) % SHARDS)
}

/// All days from that of `from` to that of `to`, oldest first.
pub fn days(from: Timestamp, to: Timestamp) -> impl Iterator<Item = Date> {
    let last = day_of(to);
    std::iter::successors(Some(day_of(from)), |day| day.tomorrow().ok()).take_while(move |day| *day <= last)
}

/// All partitions of a day.
pub fn slots(day: Date) -> [String; SHARDS as usize] {
    let mut shard = 0;
    [(); SHARDS as usize].map(|()| {
        shard += 1;
        slot_of_shard(day, shard - 1)
    })
}

fn slot_of_shard(day: Date, shard: u32) -> String {
    format!("{day}#{shard}")
}

/// The start of the hour in which `at` falls.
pub fn hour(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(3600) * 3600).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::when::add_hours;

    /// EXP-02 every slot in which an item can lie is visited by a sweep from its hour on, also by one over midnight.
    #[test]
    fn exp_02_an_item_lies_in_a_slot_that_the_sweep_visits() {
        let at: Timestamp = "2026-11-22T23:59:59Z".parse().unwrap();
        for until in [at, add_hours(at, 1), add_hours(at, 24)] {
            let visited: Vec<String> = days(at, until).flat_map(slots).collect();
            for id in 0..100 {
                assert!(visited.contains(&slot(at, &format!("item {id}"))), "{until}");
            }
        }
        assert_eq!(days(at, add_hours(at, 24)).count(), 2);
        assert_eq!(slots(day_of(at))[3], "2026-11-22#3");
    }

    /// EXP-02 a day costs as many partitions as there are shards, so half a year that nobody swept is 183 times that.
    #[test]
    fn exp_02_what_a_gap_costs_is_days_times_shards() {
        let from: Timestamp = "2026-05-24T12:00:00Z".parse().unwrap();
        let to: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let mut visited: Vec<String> = days(from, to).flat_map(slots).collect();
        assert_eq!(visited.len(), 183 * 4);
        visited.dedup();
        assert_eq!(visited.len(), 183 * 4, "none twice");
        assert_eq!(days(to, from).count(), 0, "a clock that went back finds nothing");
    }

    /// EXP-02 an hour begins at its full minute, before 1970 as after.
    #[test]
    fn exp_02_an_hour_begins_at_its_full_minute() {
        let hour_of = |text: &str| hour(text.parse().unwrap()).to_string();
        for (at, begins) in [
            ("2026-11-22T03:00:00Z", "2026-11-22T03:00:00Z"),
            ("2026-11-22T03:59:59.9Z", "2026-11-22T03:00:00Z"),
            ("1969-12-31T23:30:00Z", "1969-12-31T23:00:00Z"),
        ] {
            assert_eq!(hour_of(at), begins);
        }
    }

    /// EXP-02 items of one due time are spread.
    #[test]
    fn exp_02_items_of_one_time_are_spread_over_all_shards() {
        let at: Timestamp = "2026-11-22T03:00:00Z".parse().unwrap();
        let mut counts = std::collections::BTreeMap::new();
        for id in 0..4000 {
            *counts.entry(slot(at, &format!("enterprise/{id} MAIL"))).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 4);
        assert!(counts.values().all(|n| (800..1200).contains(n)), "{counts:?}");
    }
}
