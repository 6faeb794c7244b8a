//! End to end: the architecture (`tests/`), and the portal through a browser (`browser/`).
