//! One call of a host of somebody else's.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use http::{HeaderValue, Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use licensing::outside::{Endpoint, is_public};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName},
};

/// A name is resolved, and an address is reached, in so long each.
const CONNECT: Duration = Duration::from_secs(1);

/// All of a call takes at most so long.
const WHOLE: Duration = Duration::from_secs(5);

/// So many of a name's addresses are tried.
const ADDRESSES: usize = 3;

/// Of an answer so much is read, bytes. A longer one counts, and its rest is not looked at.
const LONGEST_ANSWER: usize = 4096;

/// The head of an answer is at most so long, bytes.
const LONGEST_HEAD: usize = 16 * 1024;

/// What a host answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Whether it says that the text is JSON.
    pub is_json: bool,
    /// The beginning of its text, as far as it is one.
    pub text: String,
    /// When it wants to be called again, in its words (`Retry-After`).
    pub retry_after: Option<String>,
}

/// Why there is no answer. It never holds an address of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The name is not known, or not in time.
    NoSuchName,
    /// The name leads to an address that is not public: nothing was called.
    NotPublic,
    /// A program on this machine, where none may be called: nothing was called.
    ThisMachine,
    /// Nothing listens there, or not in time.
    NoConnection,
    /// The host does not prove by a certificate of a public authority that it is who it should be.
    NotTrusted,
    /// No answer in time.
    TooSlow,
    /// An answer that is none of HTTP, or a connection that broke.
    Broken,
    /// The event bus did not take it: its code.
    Bus(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSuchName => "the host's name could not be resolved",
            Self::NotPublic => "the host's name leads to an address that is not public",
            Self::ThisMachine => "programs on this machine are called by the local portal only",
            Self::NoConnection => "no connection to the host",
            Self::NotTrusted => "the host's certificate is not that of this host by a public authority",
            Self::TooSlow => "no answer within 5 seconds",
            Self::Broken => "the connection broke, or the answer was not HTTP",
            Self::Bus(code) => return write!(f, "the event bus did not take it: {code}"),
        })
    }
}

impl std::error::Error for Trouble {}

/// Who calls: TLS with the public roots, to checked addresses.
#[derive(Clone)]
pub(crate) struct Caller {
    tls: TlsConnector,
    loopback: bool,
    #[cfg(any(test, feature = "testing"))]
    pub(crate) net: Option<Arc<crate::testing_net::Net>>,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Caller(loopback: {})", self.loopback)
    }
}

impl Caller {
    pub(crate) fn new(loopback: bool) -> Self {
        Self::trusting(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }, loopback)
    }

    pub(crate) fn trusting(roots: RootCertStore, loopback: bool) -> Self {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has the protocols of today")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            tls: TlsConnector::from(Arc::new(config)),
            loopback,
            #[cfg(any(test, feature = "testing"))]
            net: None,
        }
    }

    /// Posts JSON, once.
    pub(crate) async fn post(
        &self,
        to: &Endpoint,
        headers: [(&'static str, String); 3],
        body: String,
    ) -> Result<Answer, Trouble> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(to.target())
            .header(header::HOST, host_of(to))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/plain")
            .header(header::USER_AGENT, "Countersign")
            .body(Full::new(Bytes::from(body)))
            .map_err(|_| Trouble::Broken)?;
        for (name, value) in headers {
            request.headers_mut().insert(name, HeaderValue::try_from(value).map_err(|_| Trouble::Broken)?);
        }
        timeout(WHOLE, self.call(to, request)).await.unwrap_or(Err(Trouble::TooSlow))
    }

    async fn call(&self, to: &Endpoint, request: Request<Full<Bytes>>) -> Result<Answer, Trouble> {
        if to.is_loopback() {
            if !self.loopback {
                return Err(Trouble::ThisMachine);
            }
            let stream = connect(&[SocketAddr::from(([127, 0, 0, 1], to.port()))]).await?;
            return talk(stream, request).await;
        }
        let stream = self.dial(&self.checked(to).await?).await?;
        let name = ServerName::try_from(to.host().to_owned()).map_err(|_| Trouble::NoSuchName)?;
        let stream = self.tls.connect(name, stream).await.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => Trouble::NotTrusted,
            _ => Trouble::Broken,
        })?;
        talk(stream, request).await
    }

    /// The addresses that a name leads to: all of them public, or none is called. A name with one foot inside is no
    /// subscriber's.
    async fn checked(&self, to: &Endpoint) -> Result<Vec<SocketAddr>, Trouble> {
        let found = timeout(CONNECT, self.resolve(to.host(), to.port())).await;
        let found = found.map_err(|_| Trouble::NoSuchName)?.map_err(|_| Trouble::NoSuchName)?;
        if found.is_empty() {
            return Err(Trouble::NoSuchName);
        }
        if !found.iter().all(|address| is_public(address.ip())) {
            return Err(Trouble::NotPublic);
        }
        Ok(found)
    }

    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        #[cfg(any(test, feature = "testing"))]
        if let Some(net) = &self.net {
            return net.resolve(host, port);
        }
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }

    /// Connects to one of the addresses that were checked, and to nothing else.
    async fn dial(&self, checked: &[SocketAddr]) -> Result<TcpStream, Trouble> {
        #[cfg(any(test, feature = "testing"))]
        if let Some(net) = &self.net {
            return connect(&net.behind(checked)).await;
        }
        connect(checked).await
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Trouble> {
    for address in addresses.iter().take(ADDRESSES) {
        if let Ok(Ok(stream)) = timeout(CONNECT, TcpStream::connect(address)).await {
            return Ok(stream);
        }
    }
    Err(Trouble::NoConnection)
}

/// What the host is called in the request.
fn host_of(to: &Endpoint) -> String {
    if to.is_loopback() { format!("{}:{}", IpAddr::from([127, 0, 0, 1]), to.port()) } else { to.host().to_owned() }
}

/// One request and the beginning of its answer. A redirect is an answer like any other: nobody follows it.
async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Answer, Trouble> {
    let mut builder = hyper::client::conn::http1::Builder::new();
    let handshake = builder.max_buf_size(LONGEST_HEAD).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|_| Trouble::Broken)?;
    let asking = async {
        let response = sender.send_request(request).await.map_err(|_| Trouble::Broken)?;
        let status = response.status().as_u16();
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_json = kind.contains("json");
        let retry_after =
            response.headers().get(header::RETRY_AFTER).and_then(|wait| wait.to_str().ok()).map(Into::into);
        Ok(Answer { status, is_json, text: beginning(response.into_body()).await?, retry_after })
    };
    // The connection is driven here and ends with the call: nothing goes on behind it.
    tokio::pin!(asking);
    tokio::select! {
        answer = &mut asking => answer,
        _ = connection => asking.await,
    }
}

/// As much of an answer's text as is looked at.
async fn beginning(mut body: Incoming) -> Result<String, Trouble> {
    let mut bytes = Vec::new();
    while bytes.len() < LONGEST_ANSWER
        && let Some(frame) = body.frame().await
    {
        if let Ok(data) = frame.map_err(|_| Trouble::Broken)?.into_data() {
            let room = LONGEST_ANSWER - bytes.len();
            bytes.extend_from_slice(&data[..data.len().min(room)]);
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
