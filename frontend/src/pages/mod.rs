//! The pages, one file each. Those behind mailed links, and those on which users are managed, are of programs beside the portal.

pub(crate) mod access;
pub(crate) mod activate;
pub(crate) mod activation;
pub(crate) mod activations;
pub(crate) mod approvals;
pub(crate) mod audit;
pub(crate) mod country;
pub(crate) mod home;
mod joining;
pub(crate) mod joins;
pub(crate) mod licence;
pub(crate) mod licences;
mod listing;
pub(crate) mod mailed_activation;
pub(crate) mod mailed_join;
pub(crate) mod mailed_proof;
pub(crate) mod mailed_request;
pub(crate) mod mailed_sign_in;
pub(crate) mod manage;
pub(crate) mod manage_add;
pub(crate) mod manage_person;
pub(crate) mod manage_several;
pub(crate) mod profile;
pub(crate) mod request;
pub(crate) mod requests;
pub(crate) mod sign_in;
pub(crate) mod where_is;
