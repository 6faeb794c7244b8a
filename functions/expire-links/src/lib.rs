//! expire-links
