//! A TLS listener in front of something plain, with certificates of its own: a root, an intermediate, and a host of three
//! RSA keys, as AWS's hosts have them.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use crate::{Error, database::Folder};

/// Certificates for `localhost`, made for one run.
pub struct Certificates {
    folder: Folder,
    acceptor: TlsAcceptor,
}

impl Certificates {
    /// Makes them with `openssl`.
    pub fn make() -> Result<Self, Error> {
        let folder = Folder::new()?;
        let at = |name: &str| folder.file(name);
        let of = |subject: &str| ["-subj".to_owned(), format!("/CN={subject}")];
        openssl(&at("root"), &of("Bench root"), "critical,CA:TRUE", None)?;
        openssl(&at("intermediate"), &of("Bench intermediate"), "critical,CA:TRUE", Some(&at("root")))?;
        let host = [&of("localhost")[..], &["-addext".into(), "subjectAltName=DNS:localhost".into()]].concat();
        openssl(&at("host"), &host, "critical,CA:FALSE", Some(&at("intermediate")))?;

        let mut chain = Vec::new();
        for name in ["host.pem", "intermediate.pem"] {
            chain.push(CertificateDer::from_pem_file(at(name))?);
        }
        let key = PrivateKeyDer::from_pem_file(at("host.key"))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), folder })
    }

    /// The root alone: what a function is to trust.
    pub fn root(&self) -> PathBuf {
        self.folder.file("root.pem")
    }

    /// Listens with TLS and passes what comes on to a plain address. Where it listens.
    pub async fn in_front_of(&self, plain: &str) -> Result<String, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("https://localhost:{}", listener.local_addr()?.port());
        let (acceptor, plain) = (self.acceptor.clone(), plain.trim_start_matches("http://").to_owned());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, plain) = (acceptor.clone(), plain.clone());
                tokio::spawn(async move {
                    let (Ok(mut outside), Ok(mut inside)) =
                        (acceptor.accept(stream).await, TcpStream::connect(plain).await)
                    else {
                        return;
                    };
                    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
        Ok(url)
    }
}

/// One certificate with its key: `PATH.pem` and `PATH.key`, signed by the issuer's, or by itself.
fn openssl(path: &Path, names: &[String], constraints: &str, issuer: Option<&Path>) -> Result<(), Error> {
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "2"]);
    command.arg("-keyout").arg(path.with_extension("key")).arg("-out").arg(path.with_extension("pem")).args(names);
    command.args(["-addext", &format!("basicConstraints={constraints}")]);
    if let Some(issuer) = issuer {
        command.arg("-CA").arg(issuer.with_extension("pem")).arg("-CAkey").arg(issuer.with_extension("key"));
    }
    let output = command.output().map_err(|error| format!("openssl, which makes the certificates: {error}"))?;
    if !output.status.success() {
        return Err(format!("openssl: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(())
}
