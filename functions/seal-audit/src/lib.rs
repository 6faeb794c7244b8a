//! seal-audit
