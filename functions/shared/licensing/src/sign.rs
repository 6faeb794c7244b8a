//! Signatures of what goes out to subscribers and provisioning endpoints (LINK-11), in the way of the Standard Webhooks
//! specification: HMAC-SHA256 over `id.time.body`, in base64 behind `v1,`.
//!
//! Each receiver has a secret of its own, which is derived from a key when it is shown or used and is stored nowhere.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::seal::{BadKeys, numbered_secrets};

/// The keys that receivers' secrets are derived from: the newest first. What goes out is signed under each of them, so that
/// receivers may take their time with a new secret.
#[derive(Clone)]
pub struct SigningKeys(Vec<[u8; 32]>);

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKeys({} keys)", self.0.len())
    }
}

impl SigningKeys {
    /// Reads `id:secret[,id:secret …]`, newest first.
    pub fn parse(text: &str) -> Result<Self, BadKeys> {
        Ok(Self(numbered_secrets(text)?.into_iter().map(|(_, secret)| secret).collect()))
    }

    /// One key.
    pub fn single(secret: &[u8; 32]) -> Self {
        Self(vec![*secret])
    }

    /// The secret of a receiver, as libraries take it: under the newest key.
    pub fn secret(&self, receiver: &str) -> String {
        format!("whsec_{}", STANDARD.encode(derived(&self.0[0], receiver)))
    }

    /// The header `webhook-signature` of a message to a receiver: one signature under each key.
    pub fn sign(&self, receiver: &str, id: &str, second: i64, body: &str) -> String {
        let signatures: Vec<String> =
            self.0.iter().map(|key| signature(&derived(key, receiver), id, second, body)).collect();
        signatures.join(" ")
    }
}

fn derived(key: &[u8; 32], receiver: &str) -> [u8; 32] {
    mac(key, &[b"countersign webhook", b"\0", receiver.as_bytes()])
}

fn signature(secret: &[u8], id: &str, second: i64, body: &str) -> String {
    let parts = [id.as_bytes(), b".", second.to_string().as_bytes(), b".", body.as_bytes()].concat();
    format!("v1,{}", STANDARD.encode(mac(secret, &[&parts])))
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("any length is a key");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Whether a message bears a receiver's signature: what a subscriber's library does, for the demo receiver and for tests.
pub fn is_signed(secret: &str, id: &str, second: &str, body: &str, header: &str) -> bool {
    let secret = secret.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    let (Some(secret), Ok(second)) = (secret, second.parse()) else { return false };
    let expected = signature(&secret, id, second, body);
    header.split(' ').any(|given| subtle::ConstantTimeEq::ct_eq(given.as_bytes(), expected.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LINK-11 the example of the Standard Webhooks libraries.
    #[test]
    fn link_11_signatures_are_those_of_standard_webhooks() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let (id, second, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature(&secret, id, second, body), expected);
        let shown = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        assert!(is_signed(shown, id, "1614265330", body, &format!("v1,bm8= {expected}")));
        assert!(!is_signed(shown, id, "1614265331", body, expected));
        assert!(!is_signed(shown, id, "1614265330", "{}", expected));
    }

    /// LINK-11 each receiver has a secret of its own, and while a key is replaced both old and new secrets fit.
    #[test]
    fn link_11_a_secret_fits_its_receiver_only_and_outlives_a_new_key() {
        let text = |byte| crate::seal::to_text(&[byte; 32]);
        let old = SigningKeys::parse(&format!("1:{}", text(1))).expect("a key");
        let both = SigningKeys::parse(&format!("2:{},1:{}", text(2), text(1))).expect("two keys");
        let header = both.sign("webhook/a", "msg_1", 5, "{}");
        assert_eq!(header.split(' ').count(), 2);
        for keys in [&old, &both] {
            assert!(is_signed(&keys.secret("webhook/a"), "msg_1", "5", "{}", &header));
            assert!(!is_signed(&keys.secret("webhook/b"), "msg_1", "5", "{}", &header));
        }
        assert_ne!(old.secret("webhook/a"), both.secret("webhook/a"));
        assert!(SigningKeys::parse("1:short").is_err());
        assert_eq!(format!("{both:?}"), "SigningKeys(2 keys)", "keys are never printed");
    }
}
