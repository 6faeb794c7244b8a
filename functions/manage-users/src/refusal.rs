//! What a rule refuses, as a problem: why in one sentence, and what to do.

use api::{Code, Problem};
use gateway::ApiError;
use licensing::manage::Refused;

/// A refusal of the rules about managing users as a problem.
pub(crate) fn refused(refused: Refused) -> ApiError {
    let code = match refused {
        // Nobody learns whether there is such a Licensing ID: this has no field and no words of its own.
        Refused::NotYours => return Code::NotAllowed.into(),
        Refused::NotAbove => Code::NotAllowed,
        Refused::Own => Code::OwnRights,
        Refused::NoRoles | Refused::NoSuchRole { .. } => Code::NoSuchRole,
        Refused::EndIsPast { .. } => Code::BadField,
        Refused::BeyondYours { .. } | Refused::RevivesBeyondYours { .. } => Code::BeyondYours,
        Refused::MustStay { .. } => Code::MustStay,
        Refused::LastAdministrator => Code::LastAdministrator,
        Refused::HoldsNothing => Code::HoldsNothing,
        Refused::NothingToUndo => Code::NothingToUndo,
        Refused::TooLateToUndo { .. } => Code::TooLateToUndo,
        Refused::ChangedSince => Code::ChangedSince,
        Refused::RosterFull => Code::RosterFull,
        Refused::Registered => Code::AlreadyRegistered,
        Refused::MailFails => Code::MailFails,
        Refused::TooOften { .. } => Code::TooOften,
    };
    let problem = Problem::new(code).field(refused.field()).detail(format!("{refused} {}", refused.next()));
    match refused {
        Refused::TooOften { at } => problem.try_again_at(at).into(),
        _ => problem.into(),
    }
}
