//! What a function does when it is called.

use std::pin::Pin;

/// It is done when this is.
pub type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;
