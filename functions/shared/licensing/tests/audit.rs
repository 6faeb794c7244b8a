//! Audit chains and their exports: what was done to them is found (SAFE-01).

use std::collections::BTreeSet;

use ed25519_dalek::SigningKey;
use jiff::{SignedDuration, Timestamp};
use licensing::audit::{
    Actor, Broken, Check, Entry, Head, Line, Note, Observation, Seal, Sound, account_chain, append, leads,
    licence_chain, profile_chain, seal,
};
use proptest::prelude::*;

const CHAIN: &str = "licence#enterprise/1";
const ENTRIES: u64 = 6;
const SEALED: u64 = 5;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn other_key() -> SigningKey {
    SigningKey::from_bytes(&[4; 32])
}

/// When the first entry was written.
fn first() -> Timestamp {
    "2026-11-22T03:00:00Z".parse().unwrap()
}

/// So many minutes after the first entry.
fn minute(minutes: i64) -> Timestamp {
    first() + SignedDuration::from_mins(minutes)
}

/// When exports are checked: the newest entries are minutes old.
fn now() -> Timestamp {
    minute(10)
}

fn head_of(entry: &Entry) -> Head {
    Head { seq: entry.seq, hash: entry.hash.clone() }
}

/// Entries that follow `from`, a minute apart, with one fact and one personal value each.
fn entries(chain: &str, from: &Head, action: &'static str, count: u64) -> Vec<Entry> {
    let mut head = from.clone();
    let mut all = Vec::new();
    for _ in 0..count {
        let note = Note::new(action, Actor::Service).fact("n", head.seq).personal("to", "a@b.example");
        let at = minute(i64::try_from(head.seq).unwrap());
        let entry = append(chain, &head, note, at, || [u8::try_from(head.seq).unwrap(); 16]);
        head = head_of(&entry);
        all.push(entry);
    }
    all
}

/// An export: the seal over so many entries (0: none), the entries, the end.
fn export_of(entries: &[Entry], sealed: u64, with: &SigningKey) -> Vec<Line> {
    let seals = entries.iter().filter(|entry| entry.seq == sealed);
    let mut lines: Vec<Line> =
        seals.map(|entry| Line::Seal(seal(&entry.chain, &head_of(entry), entry.at, with))).collect();
    lines.extend(entries.iter().cloned().map(Line::Entry));
    lines.push(Line::End(entries.last().map_or_else(Head::empty, head_of)));
    lines
}

fn export(count: u64, sealed: u64) -> Vec<Line> {
    export_of(&entries(CHAIN, &Head::empty(), "activation.confirmed", count), sealed, &key())
}

fn text(line: &Line) -> String {
    serde_json::to_string(line).unwrap()
}

fn checked_at(lines: &[Line], now: Timestamp) -> Result<Sound, Broken> {
    let keys = [key().verifying_key()];
    let mut check = Check::new(&keys, now);
    for line in lines {
        check.push(&text(line))?;
    }
    check.finish()
}

fn checked(lines: &[Line]) -> Result<Sound, Broken> {
    checked_at(lines, now())
}

fn with(change: impl FnOnce(&mut Vec<Line>)) -> Result<Sound, Broken> {
    let mut lines = export(ENTRIES, SEALED);
    change(&mut lines);
    checked(&lines)
}

fn entry_of(line: &mut Line) -> &mut Entry {
    match line {
        Line::Entry(entry) => entry,
        other => panic!("{other:?}"),
    }
}

/// SAFE-01 an untouched export is sound; of several chains in one file each is.
#[test]
fn safe_01_an_untouched_export_is_sound() {
    assert_eq!(
        with(|_| ()),
        Ok(Sound { chains: 1, entries: 6, sealed: 5, missing_values: 0, entries_with_missing: 0 })
    );
    let other = export_of(&entries("profile#1", &Head::empty(), "other", 2), 2, &key());
    assert_eq!(
        with(|l| l.extend(other)),
        Ok(Sound { chains: 2, entries: 8, sealed: 7, missing_values: 0, entries_with_missing: 0 })
    );
}

/// SAFE-01 each entry: edited in any of its parts, removed, doubled, and swapped with any other, is found; sealed or not.
#[test]
fn safe_01_each_entry_edited_removed_doubled_or_swapped_is_found() {
    let edits: [fn(&mut Entry); 9] = [
        |e| e.action = "other".into(),
        |e| e.actor = "operator".into(),
        |e| e.at = minute(9),
        |e| drop(e.facts.insert("n".into(), "9".into())),
        |e| e.facts.clear(),
        |e| drop(e.facts.insert("more".into(), "9".into())),
        |e| e.commitments.clear(),
        |e| e.hash = "x".into(),
        |e| e.chain = "licence#enterprise/2".into(),
    ];
    for at in 1..=6 {
        for (number, edit) in edits.iter().enumerate() {
            let found = with(|l| edit(entry_of(&mut l[at])));
            assert!(matches!(found, Err(Broken::Edited(_) | Broken::OutOfOrder(_))), "{at} {number}: {found:?}");
        }
        let found = with(|l| entry_of(&mut l[at]).previous = "x".into());
        assert_eq!(found, Err(Broken::Edited(at + 1)));
        let found = with(|l| entry_of(&mut l[at]).personal.get_mut("to").unwrap().value = "x@b.example".into());
        assert_eq!(found, Err(Broken::ValueEdited(at + 1, "to".into())));
        let found = with(|l| entry_of(&mut l[at]).personal.get_mut("to").unwrap().salt = "x".into());
        assert_eq!(found, Err(Broken::ValueEdited(at + 1, "to".into())));
        let found = with(|l| {
            let entry = entry_of(&mut l[at]);
            let value = entry.personal["to"].clone();
            entry.personal.insert("actor".into(), value);
        });
        assert_eq!(found, Err(Broken::ValueEdited(at + 1, "actor".into())), "a value that was put in");

        let found = with(|l| drop(l.remove(at)));
        assert!(matches!(found, Err(Broken::OutOfOrder(_) | Broken::TailCut)), "{at} removed: {found:?}");
        let found = with(|l| l.insert(at, l[at].clone()));
        assert_eq!(found, Err(Broken::OutOfOrder(at + 2)), "{at} doubled");
        for other in at + 1..=6 {
            let found = with(|l| l.swap(at, other));
            assert_eq!(found, Err(Broken::OutOfOrder(at + 1)), "{at} and {other} swapped");
        }
    }
}

/// SAFE-01 a tail that was cut at any place is missed, with the old end, with an end written anew, and without any; but for
/// what no seal covers yet: then the reader is told since when entries could be missing.
#[test]
fn safe_01_a_tail_cut_at_each_place_is_missed() {
    for left in 0..=5_usize {
        let kept = |l: &mut Vec<Line>| drop(l.drain(1 + left..7));
        assert_eq!(with(kept), Err(Broken::TailCut), "{left} left, with the old end");
        assert_eq!(with(|l| l.truncate(1 + left)), Err(Broken::TailCut), "{left} left, without an end");
        let ended_anew = |l: &mut Vec<Line>| {
            l.truncate(1 + left);
            let end = if left == 0 { Head::empty() } else { head_of(entry_of(&mut l[left])) };
            l.push(Line::End(end));
        };
        match left {
            5 => assert_eq!(with(ended_anew).map(|sound| (sound.entries, sound.sealed)), Ok((5, 5))),
            _ => assert_eq!(with(ended_anew), Err(Broken::TailCut), "{left} left, with an end written anew"),
        }
        let without_seal = with(|l| {
            ended_anew(l);
            l.remove(0);
        });
        let expected = if left == 0 { Broken::NoEntries(1) } else { Broken::NoSeal(left + 1) };
        assert_eq!(without_seal, Err(expected), "{left} left, without the seal");
    }
    assert_eq!(with(|l| l.truncate(7)), Err(Broken::TailCut), "the end alone");
    assert_eq!(with(Vec::clear), Err(Broken::Empty));
}

/// SAFE-01 a head that was noted from an earlier export must still be there: so a cut of what no seal covers is found, too.
#[test]
fn safe_01_a_head_that_was_noted_must_be_there() {
    let lines = export(ENTRIES, SEALED);
    let Some(Line::End(newest)) = lines.last() else { panic!() };
    let Line::Entry(third) = &lines[3] else { panic!() };
    let keys = [key().verifying_key()];
    let expecting = |lines: &[Line], heads: Vec<Head>| {
        let mut check = Check::new(&keys, now()).expecting(heads);
        lines.iter().try_for_each(|line| check.push(&text(line)).map(drop))?;
        check.finish().map(drop)
    };
    assert_eq!(expecting(&lines, vec![head_of(third), newest.clone()]), Ok(()));
    let cut = export(SEALED, SEALED);
    assert_eq!(checked(&cut).map(|sound| sound.entries), Ok(5));
    assert_eq!(expecting(&cut, vec![newest.clone()]), Err(Broken::NotThere(newest.clone())));
    let other = Head { hash: newest.hash.clone(), ..head_of(third) };
    assert_eq!(expecting(&lines, vec![other.clone()]), Err(Broken::NotThere(other)));
}

/// SAFE-01 an export without its seal proves nothing, whatever its entries say of when they were written: today, tomorrow,
/// years ago.
#[test]
fn safe_01_without_a_seal_nothing_is_proven() {
    assert_eq!(with(|l| drop(l.remove(0))), Err(Broken::NoSeal(7)));
    for at in [now(), minute(9), minute(-60 * 24 * 900)] {
        let entry = append(CHAIN, &Head::empty(), Note::new("other", Actor::Service), at, || [0; 16]);
        assert_eq!(checked(&export_of(&[entry], 0, &key())), Err(Broken::NoSeal(2)), "{at}");
    }
    let said = Broken::NoSeal(7).to_string();
    assert!(said.contains("nothing proves it") && said.contains("export it again later"), "{said}");
}

/// SAFE-01 a bare end is no chain.
#[test]
fn safe_01_a_bare_end_proves_nothing() {
    assert_eq!(checked(&[Line::End(Head::empty())]), Err(Broken::NoEntries(1)));
    assert_eq!(checked(&[Line::End(Head { seq: 3, hash: "x".into() })]), Err(Broken::TailCut));
    assert_eq!(with(|l| l.push(Line::End(Head::empty()))), Err(Broken::NoEntries(9)));
    assert_eq!(with(|l| drop(l.drain(1..7))), Err(Broken::TailCut), "a seal and an end");
}

/// SAFE-01 the seal: an older one, one of another chain, one by another key, a changed one, one at another place, two.
#[test]
fn safe_01_another_seal_does_not_pass() {
    let lines = export(ENTRIES, SEALED);
    let Line::Seal(good) = &lines[0] else { panic!() };
    let all = entries(CHAIN, &Head::empty(), "activation.confirmed", ENTRIES);
    let sealed = |chain: &str, seq: usize, at: Timestamp, with: &SigningKey| {
        Line::Seal(seal(chain, &head_of(&all[seq - 1]), at, with))
    };
    // An older seal of the same chain is a true one; what it does not cover has to be young.
    let old = |l: &mut Vec<Line>| l[0] = sealed(CHAIN, 2, minute(1), &key());
    assert_eq!(with(old).map(|sound| sound.sealed), Ok(2));
    let mut lines_with_old = lines.clone();
    old(&mut lines_with_old);
    assert_eq!(checked_at(&lines_with_old, minute(62)), Err(Broken::NotSealed(8, minute(2))));
    let far = |l: &mut Vec<Line>| l[0] = sealed(CHAIN, 2, minute(60), &key());
    assert!(matches!(with(far), Err(Broken::Ahead(1, _))));

    assert_eq!(with(|l| l[0] = sealed("licence#enterprise/2", 5, minute(5), &key())), Err(Broken::OutOfOrder(2)));
    assert_eq!(with(|l| l[0] = sealed(CHAIN, 5, minute(5), &other_key())), Err(Broken::BadSeal(1)));
    for changed in [
        Seal { chain: "licence#enterprise/2".into(), ..good.clone() },
        Seal { seq: 2, ..good.clone() },
        Seal { seq: 0, hash: String::new(), ..good.clone() },
        Seal { hash: all[5].hash.clone(), ..good.clone() },
        Seal { at: minute(6), ..good.clone() },
        Seal { key: licensing::audit::key_name(&other_key().verifying_key()), ..good.clone() },
        Seal { signature: good.hash.clone(), ..good.clone() },
        Seal { signature: String::new(), ..good.clone() },
    ] {
        assert_eq!(with(|l| l[0] = Line::Seal(changed.clone())), Err(Broken::BadSeal(1)), "{changed:?}");
    }
    for place in 1..=6 {
        let moved = with(|l| {
            let seal = l.remove(0);
            l.insert(place, seal);
        });
        assert_eq!(moved, Err(Broken::OutOfOrder(place + 1)), "the seal behind entry {place}");
    }
    assert_eq!(with(|l| l.insert(0, l[0].clone())), Err(Broken::OutOfOrder(2)));
}

/// SAFE-01 a seal is checked against the key that it names, among those that sealed before and after.
#[test]
fn safe_01_a_seal_is_checked_against_its_own_key() {
    let keys = [&SigningKey::from_bytes(&[2; 32]), &key(), &other_key()].map(SigningKey::verifying_key);
    let mut several = Check::new(&keys, now());
    let lines = export(3, 3);
    let sound = lines.iter().try_for_each(|line| several.push(&text(line)).map(drop)).and_then(|()| several.finish());
    assert_eq!(sound.map(|sound| sound.sealed), Ok(3));
    let mut without = Check::new(&keys[..1], now());
    assert_eq!(without.push(&text(&lines[0])), Err(Broken::BadSeal(1)));
}

/// SAFE-01 a chain that was computed again from any place on is found: under the true seal, under one by another key, without
/// any. Only with the sealing key itself it passes.
#[test]
fn safe_01_a_chain_that_was_computed_again_is_found() {
    let good = entries(CHAIN, &Head::empty(), "activation.confirmed", ENTRIES);
    let Line::Seal(true_seal) = export(ENTRIES, SEALED).remove(0) else { panic!() };
    for from in 0..SEALED {
        let before = good.iter().take(usize::try_from(from).unwrap());
        let head = before.clone().next_back().map_or_else(Head::empty, head_of);
        let forged: Vec<Entry> = before.cloned().chain(entries(CHAIN, &head, "other", ENTRIES - from)).collect();
        let mut lines = export_of(&forged, SEALED, &key());
        assert_eq!(checked(&lines).map(|sound| sound.sealed), Ok(SEALED), "who holds the key can seal anything");
        lines[0] = Line::Seal(true_seal.clone());
        assert_eq!(checked(&lines), Err(Broken::Rewritten(6)), "from {from}");
        assert_eq!(checked(&export_of(&forged, SEALED, &other_key())), Err(Broken::BadSeal(1)), "from {from}");
        assert_eq!(checked(&export_of(&forged, 0, &key())), Err(Broken::NoSeal(7)), "from {from}");
    }
}

/// SAFE-01 what no seal covers is taken for an hour, in which sealing comes; then it is a fault that names since when.
#[test]
fn safe_01_what_should_be_sealed_by_now_is_told() {
    // The sixth entry is of minute 5, and the seal covers five.
    let lines = export(ENTRIES, SEALED);
    assert!(checked_at(&lines, minute(64)).is_ok());
    assert_eq!(checked_at(&lines, minute(65)), Err(Broken::NotSealed(8, minute(5))));
    assert!(checked_at(&export(ENTRIES, ENTRIES), minute(60 * 24 * 900)).is_ok(), "sealed for good");
    assert_eq!(checked_at(&export(ENTRIES, 2), minute(65)), Err(Broken::NotSealed(8, minute(2))));
}

/// SAFE-01 times that lie ahead, run back, or do not go with the seal's are found; clocks may differ by ten minutes.
#[test]
fn safe_01_times_that_cannot_be_are_found() {
    let chain = |times: &[i64], sealed: u64, sealed_at: i64| {
        let mut head = Head::empty();
        let mut all = Vec::new();
        for at in times {
            let entry = append(CHAIN, &head, Note::new("other", Actor::Service), minute(*at), || [0; 16]);
            head = head_of(&entry);
            all.push(entry);
        }
        let mut lines = export_of(&all, 0, &key());
        let covered = &all[usize::try_from(sealed).unwrap() - 1];
        lines.insert(0, Line::Seal(seal(CHAIN, &head_of(covered), minute(sealed_at), &key())));
        checked_at(&lines, minute(60))
    };
    assert!(chain(&[0, 30, 20, 60], 4, 60).is_ok());
    assert_eq!(chain(&[0, 30, 19, 60], 4, 60), Err(Broken::RunsBack(4, minute(19))));
    assert_eq!(chain(&[0, -60 * 24 * 365, 1], 3, 60), Err(Broken::RunsBack(3, minute(-60 * 24 * 365))));
    assert_eq!(chain(&[0, 30, 25, 15], 4, 60), Err(Broken::RunsBack(5, minute(15))), "little by little");
    assert!(chain(&[0, 70], 1, 60).is_ok());
    assert_eq!(chain(&[0, 71], 1, 60), Err(Broken::Ahead(3, minute(71))));
    assert_eq!(chain(&[0, 60 * 24 * 1700], 1, 60), Err(Broken::Ahead(3, minute(60 * 24 * 1700))));
    assert_eq!(chain(&[0, 10], 2, 71), Err(Broken::Ahead(1, minute(71))));
    assert!(chain(&[0, 50], 2, 40).is_ok());
    assert_eq!(chain(&[0, 51], 2, 40), Err(Broken::NotWhenSealed(3, minute(51))), "sealed before it was written");
    assert!(chain(&[0, 30], 1, 40).is_ok());
    assert_eq!(chain(&[0, 29], 1, 40), Err(Broken::NotWhenSealed(3, minute(29))), "it should be covered");
}

/// SAFE-01 values that are missing break nothing, and are listed with their entry and counted: one, and all names.
#[test]
fn safe_01_missing_values_are_listed_and_counted() {
    let mut lines = export(ENTRIES, SEALED);
    let keys = [key().verifying_key()];
    let told = |lines: &[Line]| {
        let mut check = Check::new(&keys, now());
        let told: Vec<Observation> = lines.iter().filter_map(|line| check.push(&text(line)).expect("sound")).collect();
        (told, check.finish().expect("sound").missing_values)
    };
    let chain = |sealed| Observation::Chain {
        chain: CHAIN.into(),
        head: head_of(entries(CHAIN, &Head::empty(), "activation.confirmed", ENTRIES).last().unwrap()),
        sealed,
    };
    assert_eq!(told(&lines), (vec![chain((SEALED, minute(4)))], 0));
    entry_of(&mut lines[2]).personal.clear();
    let missing = |line, seq| Observation::Missing { line, seq, names: vec!["to".into()] };
    assert_eq!(told(&lines), (vec![missing(3, 2), chain((SEALED, minute(4)))], 1));
    for line in &mut lines[1..=6] {
        entry_of(line).personal.clear();
    }
    let (all, count) = told(&lines);
    assert_eq!((all.len(), count), (7, 6));
}

/// SAFE-01 a file that holds something else is told so; the table for spreadsheets by its name.
#[test]
fn safe_01_other_files_are_told() {
    let keys = [key().verifying_key()];
    let first_line = |text: &str| Check::new(&keys, now()).push(text).unwrap_err();
    assert_eq!(first_line("{}"), Broken::Unreadable(1));
    assert_eq!(first_line("no audit"), Broken::Unreadable(1));
    assert_eq!(first_line("seq,at,action,actor,actor_name,facts,sealed,hash"), Broken::Table);
    assert_eq!(first_line("\u{feff}\"seq\",\"at\""), Broken::Table);
    let mut check = Check::new(&keys, now());
    assert_eq!(check.push("  "), Ok(None));
    assert_eq!(check.push("1,2026-11-22T03:00:00Z"), Err(Broken::Unreadable(2)));
    assert_eq!(with(|l| l.extend(export(ENTRIES, SEALED))), Err(Broken::Twice(9)), "the same chain twice");
    assert_eq!(with(|l| l.extend(export(2, 0))), Err(Broken::Twice(9)));
}

/// SAFE-01 who checks an export is told what is wrong, on which line, and each fault in words of its own.
#[test]
fn safe_01_a_fault_is_told_with_its_line() {
    let at = first();
    let on_line = [
        Broken::Unreadable(17),
        Broken::OutOfOrder(17),
        Broken::Edited(17),
        Broken::ValueEdited(17, "to".into()),
        Broken::BadSeal(17),
        Broken::Rewritten(17),
        Broken::NoSeal(17),
        Broken::NotSealed(17, at),
        Broken::NoEntries(17),
        Broken::Ahead(17, at),
        Broken::RunsBack(17, at),
        Broken::NotWhenSealed(17, at),
        Broken::Twice(17),
    ]
    .map(|broken| broken.to_string());
    assert!(on_line.iter().all(|text| text.starts_with("line 17")), "{on_line:?}");
    assert!(on_line[3].contains("\"to\"") && on_line[7].contains("2026-11-22T03:00:00Z"));
    let elsewhere = [Broken::TailCut, Broken::Empty, Broken::Table, Broken::NotThere(Head::empty())];
    let different: BTreeSet<String> = on_line.into_iter().chain(elsewhere.map(|broken| broken.to_string())).collect();
    assert_eq!(different.len(), 17);
}

/// SAFE-01 what follows the last entry is the next one of the same chain: no number is left out, no other chain begins.
#[test]
fn safe_01_what_follows_is_the_next_of_the_same_chain() {
    let followed_by = |chain: &str, skipped: u64| {
        with(|l| {
            let head = head_of(entry_of(&mut l[6]));
            let next = append(
                chain,
                &Head { seq: head.seq + skipped, ..head },
                Note::new("other", Actor::Service),
                minute(6),
                || [0; 16],
            );
            l[7] = Line::End(head_of(&next));
            l.insert(7, Line::Entry(next));
        })
        .map(|sound| sound.entries)
    };
    assert_eq!(followed_by(CHAIN, 0), Ok(7));
    assert_eq!(followed_by("licence#enterprise/2", 0), Err(Broken::OutOfOrder(8)));
    assert_eq!(followed_by(CHAIN, 1), Err(Broken::OutOfOrder(8)));
}

/// SAFE-01 each Licensing ID, profile and account has a chain of its own.
#[test]
fn safe_01_each_noun_has_a_chain_of_its_own() {
    assert_eq!(licence_chain(&"enterprise/1".parse().unwrap()), "licence#enterprise/1");
    assert_eq!(profile_chain(&"1".parse().unwrap()), "profile#1");
    assert_eq!(account_chain(&"1".parse().unwrap()), "account#1");
}

/// SAFE-01 what is sealed next is what was written since the last seal: no entry edited, left out, moved or put in.
#[test]
fn safe_01_only_what_leads_from_the_last_seal_is_sealed() {
    let all = entries(CHAIN, &Head::empty(), "other", ENTRIES);
    let (from, to) = (head_of(&all[2]), head_of(&all[5]));
    assert!(leads(CHAIN, &Head::empty(), &all, &to) && leads(CHAIN, &from, &all[3..], &to));
    assert!(leads(CHAIN, &to, [], &to));
    let with = |change: fn(&mut Vec<Entry>)| {
        let mut changed = all[3..].to_vec();
        change(&mut changed);
        leads(CHAIN, &from, &changed, &to)
    };
    assert!(!with(|e| e[1].action = "other still".into()));
    assert!(!with(|e| drop(e.remove(1))));
    assert!(!with(|e| e.swap(0, 1)));
    assert!(!with(|e| drop(e.pop())));
    assert!(!with(|e| e[1].seq = 9));
    assert!(!leads("licence#enterprise/2", &from, &all[3..], &to));
    assert!(!leads(CHAIN, &Head { seq: 3, hash: "x".into() }, &all[3..], &to), "not what was sealed");
}

proptest! {
    /// SAFE-01 whichever character of an entry or seal is changed, the export is no longer sound.
    #[test]
    fn safe_01_no_character_can_be_changed(line in 0_usize..4, at in 0_usize..400) {
        let mut lines: Vec<String> = export(3, 3).iter().map(text).collect();
        let mut bytes = lines[line].clone().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at].is_ascii_alphanumeric());
        bytes[at] = if bytes[at] == b'q' { b'7' } else { b'q' };
        lines[line] = String::from_utf8(bytes).unwrap();
        let keys = [key().verifying_key()];
        let mut check = Check::new(&keys, now());
        let sound = lines.iter().try_for_each(|line| check.push(line).map(drop)).and_then(|()| check.finish());
        prop_assert!(sound.is_err());
    }
}
