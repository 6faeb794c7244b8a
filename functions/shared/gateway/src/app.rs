//! What every function works with.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::Relaxed},
};

use ed25519_dalek::{SigningKey, VerifyingKey};
use licensing::{
    Policy, Timestamp,
    seal::{LinkKeys, stored_hash},
};
use mail::Mailer;
use outside::Outside;
use store::Store;

/// What a function works with: made once at the start.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Random bytes.
    pub chance: Chance,
    /// The numbers.
    pub policy: Arc<Policy>,
    /// The secrets that this function may hold.
    pub keys: Arc<Keys>,
    /// Mail, where this function may send any.
    pub mailer: Option<Arc<Mailer>>,
    /// The way to systems of others, where this function may go there.
    pub outside: Option<Arc<Outside>>,
    /// Where the portal is.
    pub site: Arc<Site>,
}

/// Where the portal is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// `https://licensing.contoso.example`, without a slash at the end.
    pub base: String,
    /// Whether this is a production deployment: cookies are `Secure`, stand-ins refuse to run.
    pub production: bool,
}

/// The secrets that a function may hold; the rest is absent.
#[derive(Default)]
pub struct Keys {
    links: Option<LinkKeys>,
    /// The key that seals audit chains: only `seal-audit` has it.
    pub seal: Option<SigningKey>,
    /// The public keys of audit seals, the newest first.
    pub published: Vec<VerifyingKey>,
    /// The hashes of what a content network before the API proves itself with.
    edges: Vec<String>,
}

impl Keys {
    /// With these.
    pub fn new(links: Option<LinkKeys>, seal: Option<SigningKey>, published: Vec<VerifyingKey>) -> Self {
        Self { links, seal, published, edges: Vec::new() }
    }

    /// And with these secrets of a content network before the API.
    #[must_use]
    pub fn with_edges<'s>(mut self, secrets: impl IntoIterator<Item = &'s str>) -> Self {
        self.edges = secrets.into_iter().map(|secret| stored_hash(secret.as_bytes())).collect();
        self
    }

    /// Whether this is the secret of a content network before the API. Hashes are compared, so how long it takes tells
    /// nothing about a secret.
    pub fn is_edge(&self, secret: &str) -> bool {
        self.edges.contains(&stored_hash(secret.as_bytes()))
    }

    /// The keys of links and codes. A function that gets here without them was deployed wrongly.
    pub fn links(&self) -> &LinkKeys {
        self.links.as_ref().expect("this function is deployed with COUNTERSIGN_LINK_KEYS")
    }
}

impl App {
    /// The time, in whole seconds.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Reads the clock, in whole seconds. On one machine it can be moved to watch reminders and expiry happen.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset: Arc<AtomicI64>,
    fixed: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still until it is set: for tests.
    pub fn fixed(at: Timestamp) -> Self {
        Self { offset: Arc::default(), fixed: Some(Arc::new(AtomicI64::new(at.as_second()))) }
    }

    /// The time.
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    pub fn now(&self) -> Timestamp {
        let second = match &self.fixed {
            Some(at) => at.load(Relaxed),
            None => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                i64::try_from(since.as_secs()).unwrap_or(i64::MAX) + self.offset.load(Relaxed)
            }
        };
        Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
    }

    /// Seconds by which the clock is ahead of the system's.
    pub fn offset(&self) -> i64 {
        self.offset.load(Relaxed)
    }

    /// Moves the clock ahead of the system's, or sets a clock that stands still forward.
    pub fn set_offset(&self, seconds: i64) {
        self.offset.store(seconds, Relaxed);
    }

    /// Moves the clock to this time.
    pub fn set(&self, to: Timestamp) {
        match &self.fixed {
            Some(at) => at.store(to.as_second(), Relaxed),
            None => self.set_offset(self.offset() + to.as_second() - self.now().as_second()),
        }
    }
}

/// Draws random bytes.
#[derive(Clone)]
pub struct Chance(store::Chance);

impl Chance {
    /// The system's.
    #[expect(clippy::disallowed_methods, reason = "the one place where random bytes are drawn")]
    pub fn system() -> Self {
        Self(Arc::new(|bytes| getrandom::fill(bytes).expect("the system gives random bytes")))
    }

    /// Of a source of one's own: for tests.
    #[cfg(feature = "testing")]
    pub fn of(source: store::Chance) -> Self {
        Self(source)
    }

    /// For the store.
    pub fn for_store(&self) -> store::Chance {
        Arc::clone(&self.0)
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.0)(&mut bytes);
        bytes
    }

    /// A random name of 128 bits.
    pub fn name(&self) -> String {
        licensing::seal::to_text(&self.bytes::<16>())
    }
}
