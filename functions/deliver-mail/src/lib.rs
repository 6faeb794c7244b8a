//! deliver-mail
