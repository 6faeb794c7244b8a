//! Mail: the letters that people get, and the only place that knows SES.
//!
//! A [`Letter`] holds the facts, [`render()`] writes it as text and HTML from one source in the recipient's language, and
//! a [`Mailer`] hands it over. What is rendered shows codes and opens links: it is never stored or logged (SAFE-04).

mod de;
mod en;
mod letter;
mod mailer;
mod render;
mod sheet;

pub use aws_sdk_sesv2 as sdk;
pub use letter::{About, Context, JoinFacts, Language, Letter, Listing, OnLicence, Outsider, Permission, SHOWN};
pub use mailer::{Mailer, SendError, Ses};
#[cfg(any(test, feature = "memory"))]
pub use mailer::{Memory, Sent};
pub use render::{Rendered, WORDING, render};
