//! The secret with which programs of this machine reach the database and what stands in for AWS: credentials as the SDK and its
//! command line take them, and requests that are signed with them (Signature Version 4).

use gateway::boot::Credentials;
use hmac::{Hmac, KeyInit, Mac};
use http::{header, request::Parts};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Who may ask. The time of a signature is not looked at: the portal's clock can be moved.
#[derive(Clone)]
pub struct Access {
    secret: String,
}

/// The name of the credentials.
const ID: &str = "local";

impl Access {
    /// Derived from the data folder's secret, so that it stays the same from one start to the next and tells nothing of it.
    pub fn derived(from: &str) -> Self {
        Self { secret: hex(&keyed(from.as_bytes(), b"countersign local access")) }
    }

    /// By its secret, as the folder's file `env` has it.
    pub fn of(secret: &str) -> Self {
        Self { secret: secret.to_owned() }
    }

    /// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
    pub fn pair(&self) -> (&'static str, &str) {
        (ID, &self.secret)
    }

    /// The same for the SDK.
    pub fn credentials(&self) -> Credentials {
        Credentials::new(ID, &self.secret, None, None, "data folder")
    }

    /// Whether a request is signed with it, its name, its body and its host included.
    pub(crate) fn opens(&self, asked: &Parts, body: &[u8]) -> bool {
        self.signature(asked, body).is_some_and(|(right, said)| right.as_bytes().ct_eq(said.as_bytes()).into())
    }

    /// What the signature should be, and what is said.
    fn signature<'r>(&self, asked: &'r Parts, body: &[u8]) -> Option<(String, &'r str)> {
        let text = |name: &str| asked.headers.get(name)?.to_str().ok();
        let said = text(header::AUTHORIZATION.as_str())?.strip_prefix("AWS4-HMAC-SHA256")?;
        let part = |name: &str| said.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let (id, scope) = part("Credential")?.split_once('/')?;
        let names = part("SignedHeaders")?;
        if id != ID || !names.split(';').any(|name| name == "host") {
            return None;
        }
        let mut headers = String::new();
        for name in names.split(';') {
            let value = text(name)?.split_whitespace().collect::<Vec<_>>().join(" ");
            headers.push_str(&[name, ":", &value, "\n"].concat());
        }
        let query = asked.uri.query().unwrap_or_default();
        let asked = [asked.method.as_str(), asked.uri.path(), query, &headers, names];
        Some((self.sign(scope, text("x-amz-date")?, asked, body), part("Signature")?))
    }

    /// The headers of a request by a program that has no SDK, such as a test.
    pub fn headers(&self, method: &str, url: &str, path: &str, body: &[u8]) -> [(&'static str, String); 2] {
        let (at, scope) = ("20261122T000000Z", "20261122/local/local/aws4_request");
        let host = ["host:", url.trim_start_matches("http://"), "\n"].concat();
        let signature = self.sign(scope, at, [method, path, "", &host, "host"], body);
        let said = format!("AWS4-HMAC-SHA256 Credential={ID}/{scope}, SignedHeaders=host, Signature={signature}");
        [("authorization", said), ("x-amz-date", at.to_owned())]
    }

    fn sign(&self, scope: &str, at: &str, asked: [&str; 5], body: &[u8]) -> String {
        let canonical = [&asked.join("\n"), "\n", &hex(&Sha256::digest(body))].concat();
        let to_sign = ["AWS4-HMAC-SHA256", at, scope, &hex(&Sha256::digest(canonical.as_bytes()))].join("\n");
        let first = [b"AWS4", self.secret.as_bytes()].concat();
        let key = scope.split('/').fold(first, |key, part| keyed(&key, part.as_bytes()));
        hex(&keyed(&key, to_sign.as_bytes()))
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access")
    }
}

fn keyed(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any length is a key");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])).collect()
}
