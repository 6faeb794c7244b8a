//! For tests: a net in which names lead where the test says, a host with a certificate, a bus that keeps what it is told.
//! Compiled in only with the feature `testing`, so that no deployed function can have it.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use licensing::sign::SigningKeys;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::{Bus, Outside, Trouble, call::Caller};

/// The name for which [`acceptor`] has a certificate.
pub const HOST: &str = "hooks.contoso.example";

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

/// The keys of tests.
pub fn keys() -> SigningKeys {
    SigningKeys::single(&[5; 32])
}

impl Outside {
    /// A way out into this net only, trusting [`acceptor`]'s root.
    pub fn in_net(net: &Arc<Net>, published: &Published, loopback: bool) -> Self {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(include_bytes!("testing/root.pem")).expect("a certificate");
        roots.add(root).expect("a root");
        let mut caller = Caller::trusting(roots, loopback);
        caller.net = Some(Arc::clone(net));
        Self { bus: Some(Bus::Memory(published.clone())), keys: keys(), caller }
    }
}

/// A TLS host that proves to be [`HOST`].
pub fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("testing/host.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("testing/host.key")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has the protocols of today")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("certificate and key belong together");
    TlsAcceptor::from(Arc::new(config))
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
