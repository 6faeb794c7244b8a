//! The words and the rules of the licensing service centre: pure functions of facts and `now`.
//!
//! Nothing here does I/O, reads a clock or draws a random number, so every rule can be tested at the exact second and
//! runs the same in a function and in the browser. Rule ids (`ACT-02`, `LINK-04`, …) are those of the specification.

pub mod access;
pub mod account;
pub mod activation;
pub mod audit;
pub mod continuity;
mod digest;
pub mod digits;
pub mod due;
pub mod event;
pub mod explain;
pub mod glance;
pub mod import;
pub mod job;
pub mod join;
pub mod judge;
mod key;
pub mod limit;
pub mod limits;
pub mod mailed;
pub mod manage;
pub mod message;
pub mod moving;
pub mod outside;
pub mod people_file;
pub mod phase;
pub mod policy;
pub mod proof;
pub mod proven;
pub mod providers;
pub mod reach;
pub mod request;
pub mod review;
pub mod rights;
pub mod roles;
pub mod running;
pub mod seal;
pub mod sign;
pub mod sign_in;
pub mod when;
pub mod words;

pub use policy::Policy;
pub use when::{Date, Timestamp};
pub use words::{
    AccountId, Address, ContactName, Country, CustomerId, Licence, OrderId, ProductKind, ProfileId, Programme, Sku,
};
