//! send-activation
