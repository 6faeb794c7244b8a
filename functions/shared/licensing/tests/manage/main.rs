//! What an Administrator does about others: assigned, edited, removed, denied, invited; and what is refused.

mod changes;
mod desk;
mod invitations;
mod jobs;
mod properties;
mod reviews;
mod undo;
