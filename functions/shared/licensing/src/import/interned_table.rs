//! Millions of keyed entries in little memory.
//!
//! An order costs a dry run its key, a digest and about ten bytes. A `HashMap<OrderId, …>` would cost some eighty more:
//! a pointer, a length, an allocation, and room for all of that in slots that are empty.

use std::hash::Hasher;

use hashbrown::HashTable;
use rustc_hash::FxHasher;

/// A key: a text, and a byte before it for keys of two parts (the programme of an agreement).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key<'a>(pub(super) u8, pub(super) &'a str);

impl<'a> From<&'a str> for Key<'a> {
    fn from(text: &'a str) -> Self {
        Self(0, text)
    }
}

impl Key<'_> {
    fn hash(self) -> u64 {
        let mut hasher = FxHasher::default();
        hasher.write_u8(self.0);
        hasher.write(self.1.as_bytes());
        hasher.finish()
    }
}

/// Entries by key, numbered in the order in which they came. Nothing is taken off again.
#[derive(Debug)]
pub(super) struct InternedTable<V> {
    numbers: HashTable<u32>,
    /// Where the key of each entry is. Apart from the values, so that a search touches little memory.
    places: Vec<Place>,
    values: Vec<V>,
    keys: Keys,
}

impl<V> Default for InternedTable<V> {
    fn default() -> Self {
        Self { numbers: HashTable::new(), places: Vec::new(), values: Vec::new(), keys: Keys::default() }
    }
}

impl<V> InternedTable<V> {
    /// The number of the entry with this key.
    pub(super) fn find(&self, key: Key<'_>) -> Option<u32> {
        self.find_hashed(key, key.hash())
    }

    /// The entry with this key.
    pub(super) fn get(&self, key: Key<'_>) -> Option<&V> {
        self.find(key).map(|number| self.at(number))
    }

    /// The entry with this number, which is one that this table gave out.
    pub(super) fn at(&self, number: u32) -> &V {
        &self.values[number as usize]
    }

    /// The entry with this number, to be changed.
    pub(super) fn at_mut(&mut self, number: u32) -> &mut V {
        &mut self.values[number as usize]
    }

    /// The text of the key of the entry with this number.
    pub(super) fn text(&self, number: u32) -> &str {
        self.key(number).1
    }

    /// The key of the entry with this number.
    pub(super) fn key(&self, number: u32) -> Key<'_> {
        self.keys.get(self.places[number as usize])
    }

    /// Puts an entry in the place of the one with this key, or at the end.
    pub(super) fn put(&mut self, key: Key<'_>, value: V) {
        let hash = key.hash();
        match self.find_hashed(key, hash) {
            Some(number) => *self.at_mut(number) = value,
            None => {
                self.add(key, hash, value);
            }
        }
    }

    /// Puts an entry at the end unless there is one with this key, which is then returned.
    pub(super) fn add_if_new(&mut self, key: Key<'_>, value: V) -> Option<&V> {
        let hash = key.hash();
        if let Some(number) = self.find_hashed(key, hash) {
            return Some(self.at(number));
        }
        self.add(key, hash, value);
        None
    }

    /// The number of the entry with this key, which is added if there is none.
    pub(super) fn find_or_add(&mut self, key: Key<'_>, value: impl FnOnce() -> V) -> u32 {
        let hash = key.hash();
        self.find_hashed(key, hash).unwrap_or_else(|| self.add(key, hash, value()))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    fn find_hashed(&self, key: Key<'_>, hash: u64) -> Option<u32> {
        self.numbers.find(hash, |number| self.key(*number) == key).copied()
    }

    fn add(&mut self, key: Key<'_>, hash: u64, value: V) -> u32 {
        let number = u32::try_from(self.values.len()).expect("fewer than 2^32 records of one kind");
        self.places.push(self.keys.keep(key));
        self.values.push(value);
        let (places, keys) = (&self.places, &self.keys);
        self.numbers.insert_unique(hash, number, |number| keys.get(places[*number as usize]).hash());
        number
    }
}

/// Entries by a pair of numbers that two shelves gave out.
#[derive(Debug)]
pub(super) struct Pairs<V> {
    numbers: HashTable<u32>,
    entries: Vec<((u32, u32), V)>,
}

impl<V> Default for Pairs<V> {
    fn default() -> Self {
        Self { numbers: HashTable::new(), entries: Vec::new() }
    }
}

impl<V> Pairs<V> {
    /// The entry with this key.
    pub(super) fn get(&self, key: (u32, u32)) -> Option<&V> {
        self.find(key).map(|number| &self.entries[number as usize].1)
    }

    /// Puts an entry in the place of the one with this key, or at the end.
    pub(super) fn put(&mut self, key: (u32, u32), value: V) {
        match self.find(key) {
            Some(number) => self.entries[number as usize].1 = value,
            None => {
                self.add(key, value);
            }
        }
    }

    /// The entry with this key, which is added if there is none.
    pub(super) fn get_or_default(&mut self, key: (u32, u32)) -> &mut V
    where
        V: Default,
    {
        let number = self.find(key).unwrap_or_else(|| self.add(key, V::default()));
        &mut self.entries[number as usize].1
    }

    fn add(&mut self, key: (u32, u32), value: V) -> u32 {
        let number = u32::try_from(self.entries.len()).expect("fewer than 2^32 pairs");
        self.entries.push((key, value));
        let entries = &self.entries;
        self.numbers.insert_unique(hash_of(key), number, |number| hash_of(entries[*number as usize].0));
        number
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn find(&self, key: (u32, u32)) -> Option<u32> {
        self.numbers.find(hash_of(key), |number| self.entries[*number as usize].0 == key).copied()
    }
}

fn hash_of((first, second): (u32, u32)) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write_u32(first);
    hasher.write_u32(second);
    hasher.finish()
}

/// Where a key stands among [`Keys`], in units of [`UNIT`] bytes, so that four bytes reach over 16 GiB of keys.
#[derive(Debug, Clone, Copy)]
struct Place(u32);

const UNIT: usize = 4;

/// All keys of a table, one behind the other: length, byte, text.
#[derive(Debug, Default)]
struct Keys {
    text: String,
}

impl Keys {
    fn keep(&mut self, Key(byte, text): Key<'_>) -> Place {
        let place = Place(u32::try_from(self.text.len() / UNIT).expect("less than 16 GiB of keys of one kind"));
        // Length and byte are written as ASCII characters of seven bits each, so that all of it is one valid text.
        let length = u16::try_from(text.len()).expect("a text of at most 200 characters");
        for bits in [length & 0x7f, length >> 7, u16::from(byte)] {
            self.text.push(char::from(u8::try_from(bits & 0x7f).unwrap_or_default()));
        }
        self.text.push_str(text);
        while !self.text.len().is_multiple_of(UNIT) {
            self.text.push(' ');
        }
        place
    }

    fn get(&self, Place(place): Place) -> Key<'_> {
        let from = place as usize * UNIT;
        let head = &self.text.as_bytes()[from..from + 3];
        let length = usize::from(head[0]) | usize::from(head[1]) << 7;
        Key(head[2], &self.text[from + 3..from + 3 + length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{HashMap, HashSet};

    /// ACT-01 keys are spread, so that the next of a million is found as soon as the first.
    #[test]
    fn act_01_keys_are_spread() {
        let texts: Vec<String> = (0..1000).map(|number| format!("PO-{number}")).collect();
        let keys: HashSet<u64> = texts.iter().flat_map(|text| [Key(0, text).hash(), Key(1, text).hash()]).collect();
        let pairs: HashSet<u64> = (0..1000).flat_map(|number| [hash_of((number, 7)), hash_of((7, number))]).collect();
        assert!(keys.len() > 1990 && pairs.len() > 1990, "{} {}", keys.len(), pairs.len());
    }

    proptest! {
        #[test]
        fn a_shelf_holds_what_a_map_holds(puts in prop::collection::vec((0u8..3, "[a-cé]{1,3}|é{200}|𝄞{200}", any::<u32>()), 0..200)) {
            let (mut table, mut map) = (InternedTable::default(), HashMap::new());
            for (byte, text, value) in &puts {
                table.put(Key(*byte, text), *value);
                map.insert((*byte, text.as_str()), *value);
                prop_assert_eq!(table.find(Key(*byte, text)).map(|number| table.text(number)), Some(text.as_str()));
            }
            prop_assert_eq!(table.len(), map.len());
            for ((byte, text), value) in map {
                prop_assert_eq!(table.get(Key(byte, text)), Some(&value));
                prop_assert_eq!(table.get(Key(byte + 3, text)), None);
            }
        }
    }
}
