//! For tests: a bus that keeps what it is told.

use std::sync::{Arc, Mutex};

use crate::{Trouble, testing_net::held};

/// What was published.
#[derive(Debug, Clone, Default)]
pub struct Published {
    all: Arc<Mutex<Vec<(String, String)>>>,
    refuses: Arc<Mutex<bool>>,
}

impl Published {
    /// Types and details, first to last.
    pub fn all(&self) -> Vec<(String, String)> {
        held(&self.all).clone()
    }

    /// Whether the bus takes nothing from now on.
    pub fn refuse(&self, refuses: bool) {
        *held(&self.refuses) = refuses;
    }

    pub(crate) fn keep(&self, what: &str, detail: String) -> Result<(), Trouble> {
        if *held(&self.refuses) {
            return Err(Trouble::Bus("InternalFailure".into()));
        }
        held(&self.all).push((what.into(), detail));
        Ok(())
    }
}
