//! End to end: the architecture, the API's description and the functions' events (`tests/`), and the portal through a
//! browser (`browser/`). Here is what these tests share.

pub mod description;
pub mod malformed;
pub mod programs;
pub mod reader;
pub mod runtime_api;
pub mod schedule;
pub mod template;
pub mod wire;
