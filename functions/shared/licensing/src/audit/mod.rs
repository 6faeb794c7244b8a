//! The audit: an append-only chain per Licensing ID, per profile and per organisation account (SAFE-01).
//!
//! An entry commits to its personal values by salted hashes, so that a value and its salt can be deleted and the chain
//! still holds. Each entry includes the hash of the one before; the newest hash is sealed from time to time with an
//! Ed25519 signature whose key the writing functions don't hold, so that a chain re-computed as a whole is seen as well.

mod chain;
mod note;
mod seal;
mod verify;

pub use self::{
    chain::{Entry, Head, Salted, account_chain, append, leads, licence_chain, licence_of_chain, profile_chain},
    note::{Actor, Note},
    seal::{Seal, key_name, seal},
    verify::{Broken, Check, Line, Observation, SEALED_WITHIN_HOURS, Sound},
};
