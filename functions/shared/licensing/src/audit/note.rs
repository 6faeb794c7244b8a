//! What a change says of itself: who did what, with its facts and its personal values.

use std::collections::BTreeMap;

use crate::words::{Address, ProfileId};

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person, signed in.
    Person {
        /// The profile.
        profile: ProfileId,
        /// The address by which the person acted.
        address: Address,
    },
    /// One of the publisher's operators.
    Operator {
        /// The name under which the operator is known here.
        name: String,
    },
    /// A person who holds an emailed link and is not signed in.
    LinkHolder,
    /// An administrator whose name the reader of this chain may not know (REQ-03); another chain names them.
    Administrator,
    /// The service itself, by one of its functions.
    Service,
}

/// What a change says of itself. `facts` name things; `personal` names people and can be deleted later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What was done, in the past tense: `activation.confirmed`.
    pub action: &'static str,
    /// Who did it.
    pub actor: Actor,
    /// What is not personal.
    pub facts: BTreeMap<String, String>,
    /// What is.
    pub personal: BTreeMap<String, String>,
}

impl Note {
    /// A note without further facts.
    pub fn new(action: &'static str, actor: Actor) -> Self {
        Self { action, actor, facts: BTreeMap::new(), personal: BTreeMap::new() }
    }

    /// With one more fact.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl ToString) -> Self {
        self.facts.insert(name.into(), value.to_string());
        self
    }

    /// With one more personal value.
    #[must_use]
    pub fn personal(mut self, name: &str, value: impl ToString) -> Self {
        self.personal.insert(name.into(), value.to_string());
        self
    }
}
