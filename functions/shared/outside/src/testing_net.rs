//! For tests: a net in which names lead where the test says.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Names, what they lead to, and which listener stands behind all public addresses.
#[derive(Debug, Default)]
pub struct Net {
    names: Mutex<BTreeMap<String, Vec<IpAddr>>>,
    behind: Mutex<Option<SocketAddr>>,
    asked: Mutex<Vec<String>>,
    dialled: Mutex<Vec<SocketAddr>>,
}

impl Net {
    /// Makes a name lead to these addresses.
    pub fn name(&self, host: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|address| address.parse().expect("an address")).collect();
        held(&self.names).insert(host.into(), addresses);
    }

    /// Who answers at every public address.
    pub fn set_behind(&self, listener: SocketAddr) {
        *held(&self.behind) = Some(listener);
    }

    /// The names that were resolved.
    pub fn asked(&self) -> Vec<String> {
        held(&self.asked).clone()
    }

    /// The addresses that were called.
    pub fn dialled(&self) -> Vec<SocketAddr> {
        held(&self.dialled).clone()
    }

    pub(crate) fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        held(&self.asked).push(host.into());
        let names = held(&self.names);
        let found = names.get(host).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(found.iter().map(|address| SocketAddr::new(*address, port)).collect())
    }

    pub(crate) fn behind(&self, checked: &[SocketAddr]) -> Vec<SocketAddr> {
        held(&self.dialled).extend(checked);
        held(&self.behind).iter().copied().collect()
    }
}

pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
