//! What `register` promises, on the real engine: each test names the rule that it proves.

mod addresses;
mod asking;
mod desk;
mod mail;
mod moves;
mod profile;
mod refusals;
mod sessions;
mod signing_in;
