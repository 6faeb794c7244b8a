//! Why a change of somebody's rights is not made: which field it is about, and what helps.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    roles::Role,
    when::{Date, Timestamp},
    words::ContactName,
};

/// Why a change is not made. The names are stable: reports of files keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Refused {
    /// Whoever asks is no Administrator of the Licensing ID; or it is not loaded: both are answered alike.
    NotYours,
    /// It is about an address of one's own (PERM-02, ROLE-09).
    Own,
    /// No role was chosen.
    NoRoles,
    /// Agreements of this programme don't have the role (ROLE-01).
    NoSuchRole {
        /// Which.
        role: Role,
    },
    /// It would have ended before it began.
    EndIsPast {
        /// The day that was chosen.
        until: Date,
    },
    /// What listings and orders give has no end, and whoever gives it has one (ROLE-09).
    RevivesBeyondYours {
        /// Their last day.
        day: Date,
    },
    /// It would last longer than whoever gives it (ROLE-09).
    BeyondYours {
        /// Their last day.
        day: Date,
    },
    /// The address is notices or primary contact, so many levels up (PERM-03).
    MustStay {
        /// As which.
        contact: ContactName,
        /// 0: of this agreement.
        level: usize,
    },
    /// Nobody else is Administrator without an end and with a proven address (ROLE-08).
    LastAdministrator,
    /// The address has nothing there that could be taken.
    HoldsNothing,
    /// Only an Administrator of an agreement above may undo it (APR-07).
    NotAbove,
    /// There is nothing to undo.
    NothingToUndo,
    /// The time for it is over.
    TooLateToUndo {
        /// Since when.
        at: Timestamp,
    },
    /// Somebody changed it since.
    ChangedSince,
    /// The Licensing ID has as many people who act there as it can have.
    RosterFull,
    /// The person has registered: there is nothing to invite them to.
    Registered,
    /// Email to the address is known to fail.
    MailFails,
    /// The letter was sent too often today.
    TooOften {
        /// It can be sent again then.
        at: Timestamp,
    },
}

impl Refused {
    /// The field that it is about.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::NotYours | Self::NotAbove => "licence",
            Self::NoRoles | Self::NoSuchRole { .. } => "roles",
            Self::EndIsPast { .. } | Self::BeyondYours { .. } => "until",
            Self::RevivesBeyondYours { .. } => "listings_count",
            Self::Own
            | Self::MustStay { .. }
            | Self::LastAdministrator
            | Self::HoldsNothing
            | Self::NothingToUndo
            | Self::TooLateToUndo { .. }
            | Self::ChangedSince
            | Self::RosterFull
            | Self::Registered
            | Self::MailFails
            | Self::TooOften { .. } => "address",
        }
    }

    /// What to do next.
    pub const fn next(&self) -> &'static str {
        match self {
            Self::NotYours => "Check the number. Or ask an Administrator of this licence to do it.",
            Self::Own => "Ask another Administrator. To give up the whole licence, open My permissions.",
            Self::NoRoles => "Choose at least one role. To take everything, remove the person.",
            Self::NoSuchRole { .. } => "Choose a role that agreements of this programme have.",
            Self::EndIsPast { .. } => "Choose today or a later day, or no end.",
            Self::RevivesBeyondYours { .. } => {
                "Give roles without that tick, or ask an Administrator without an end date to do it."
            }
            Self::BeyondYours { .. } => "Ask an Administrator without an end date to do it.",
            Self::MustStay { level: 0, .. } => "Have the contact of this agreement changed first.",
            Self::MustStay { .. } => "Have the contact of the agreement above changed first.",
            Self::LastAdministrator => {
                "Make someone else Administrator first, without an end date, and wait until they have signed in."
            }
            Self::HoldsNothing => "Check the address. The list shows who has something on this licence.",
            Self::NotAbove => "Ask an Administrator of the agreement above to do it.",
            Self::NothingToUndo => "Reload the page to see what is true now.",
            Self::TooLateToUndo { .. } => "Assign the roles instead.",
            Self::ChangedSince => "Look at what the person has now, and change that by hand.",
            Self::RosterFull => "Remove an Administrator or Online Services Manager first.",
            Self::Registered => "They can sign in. There is nothing to send.",
            Self::MailFails => {
                "If the address is mistyped, remove it and assign the right one. If it is right, let email to it be tried again."
            }
            Self::TooOften { .. } => "Wait until then, or ask the person to look in their junk folder.",
        }
    }
}

impl fmt::Display for Refused {
    /// Why, in one sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYours => f.write_str("You don't administer a licence with this number."),
            Self::Own => f.write_str("This is your own address, and nobody changes their own roles."),
            Self::NoRoles => f.write_str("No role is chosen."),
            Self::NoSuchRole { role } => write!(f, "Agreements of this programme don't have the role {role}."),
            Self::EndIsPast { until } => write!(f, "The last day, {until}, is over."),
            Self::RevivesBeyondYours { day } => write!(
                f,
                "What contact lists, agreements above and orders give has no end date, and you are Administrator until {day}."
            ),
            Self::BeyondYours { day } => {
                write!(f, "It would last longer than your own role, which ends on {day}.")
            }
            Self::MustStay { contact, level: 0 } => write!(f, "The person is the {contact} contact of this agreement."),
            Self::MustStay { contact, .. } => {
                write!(f, "The person is the {contact} contact of an agreement above.")
            }
            Self::LastAdministrator => f.write_str(
                "Nobody else is Administrator without an end date and with a confirmed address, so nobody could decide.",
            ),
            Self::HoldsNothing => f.write_str("This address has nothing here that could be taken."),
            Self::NotAbove => f.write_str("You are no Administrator of an agreement above."),
            Self::NothingToUndo => f.write_str("There is nothing to undo."),
            Self::TooLateToUndo { at } => write!(f, "The time to undo this ended on {at}."),
            Self::ChangedSince => f.write_str("Someone has changed it since."),
            Self::RosterFull => {
                f.write_str("This licence has as many Administrators and Online Services Managers as it can have.")
            }
            Self::Registered => f.write_str("The person has registered."),
            Self::MailFails => f.write_str("Email to this address fails."),
            Self::TooOften { at } => write!(f, "The invitation was sent too often today; from {at} on it can be sent again."),
        }
    }
}

impl std::error::Error for Refused {}
