//! For tests: a net in which names lead where the test says, a host with a certificate, a bus that keeps what it is told.
//! Compiled in only with the feature `testing`, so that no deployed function can have it.

use std::sync::Arc;

use licensing::sign::SigningKeys;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::{Bus, Outside, call::Caller};
pub use crate::{testing_bus::Published, testing_net::Net};

/// The name for which [`acceptor`] has a certificate.
pub const HOST: &str = "hooks.contoso.example";

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
