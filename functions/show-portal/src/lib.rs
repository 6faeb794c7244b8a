//! show-portal
