//! End to end: the architecture, the API's description and the functions' events (`tests/`), and the portal through a
//! browser (`browser/`). Here is what these tests share.

pub mod programs;
pub mod runtime_api;
pub mod wire;
