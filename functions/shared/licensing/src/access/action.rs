//! What can be done on a Licensing ID, and which role it takes (ROLE-02).

use std::fmt;

use crate::roles::{Benefit, Role};

/// Something that a role allows. Functions ask for it before they do it, pages before they offer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Sees the licence's details, reports and software-assurance summary (LIC-01).
    ReadLicence,
    /// Sees orders and what became of them (LIC-02).
    ReadOrders,
    /// Downloads software (USE-01).
    DownloadSoftware,
    /// Sees and takes out product keys (USE-02).
    SeeProductKeys,
    /// Manages this benefit (USE-03).
    ManageBenefit(Benefit),
    /// Sees Manage activations (LINK-05).
    SeeActivations,
    /// Confirms an activation that is addressed to somebody else (LINK-02).
    Activate,
    /// Has a link sent again to whom it is addressed (ACT-14).
    ResendLink,
    /// Takes back what was assigned without a person (ACT-08, LINK-07).
    UndoAssigned,
    /// Asks for the revival of a link where nobody was left to be emailed (LINK-10).
    ReviveStuck,
    /// Reserves online services ahead of an order (USE-05).
    ManageReservations,
    /// Assigns and changes developer subscriptions (USE-04).
    AssignSubscriptions,
    /// Takes back what somebody else activated (LINK-07).
    UndoActivation,
    /// Asks for the revival of a link that is addressed to somebody else (LINK-10).
    ReviveLink,
    /// Corrects a contact (ACT-15).
    CorrectContact,
    /// Has an address tried again to which mail failed (SAFE-03).
    LiftSuppression,
    /// Reads and exports the audit (SAFE-02).
    ReadAudit,
    /// Sees who else has which role, and why (ROLE-06, APR-07).
    ListUsers,
    /// Assigns, edits and removes others (APR-07).
    ManageUsers,
    /// Decides requests for permission (APR-01).
    DecideRequests,
    /// Denies what an order or a claim gives (OPEN-03, OPEN-08).
    DenyGrant,
    /// Starts a review of everybody's rights (ROLE-10).
    ReviewAccess,
}

/// What an action takes besides its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extra {
    /// This benefit.
    Benefit(Benefit),
    /// The permission to reserve.
    Reservations,
}

impl Action {
    /// All of them, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        let before = [Self::ReadLicence, Self::ReadOrders, Self::DownloadSoftware, Self::SeeProductKeys];
        let after = [
            Self::SeeActivations,
            Self::Activate,
            Self::ResendLink,
            Self::UndoAssigned,
            Self::ReviveStuck,
            Self::ManageReservations,
            Self::AssignSubscriptions,
            Self::UndoActivation,
            Self::ReviveLink,
            Self::CorrectContact,
            Self::LiftSuppression,
            Self::ReadAudit,
            Self::ListUsers,
            Self::ManageUsers,
            Self::DecideRequests,
            Self::DenyGrant,
            Self::ReviewAccess,
        ];
        before.into_iter().chain(Benefit::ALL.iter().copied().map(Self::ManageBenefit)).chain(after)
    }

    /// The role that is enough, beside Administrator, which is enough for everything; none where nothing else is.
    pub const fn role(self) -> Option<Role> {
        match self {
            Self::ReadLicence | Self::ReadOrders => Some(Role::LicensingInfo),
            Self::DownloadSoftware => Some(Role::Download),
            Self::SeeProductKeys => Some(Role::ProductKeys),
            Self::ManageBenefit(_) => Some(Role::SoftwareAssuranceManager),
            Self::SeeActivations
            | Self::Activate
            | Self::ResendLink
            | Self::UndoAssigned
            | Self::ReviveStuck
            | Self::ManageReservations => Some(Role::OnlineServicesManager),
            Self::AssignSubscriptions => Some(Role::SubscriptionsManager),
            Self::UndoActivation
            | Self::ReviveLink
            | Self::CorrectContact
            | Self::LiftSuppression
            | Self::ReadAudit
            | Self::ListUsers
            | Self::ManageUsers
            | Self::DecideRequests
            | Self::DenyGrant
            | Self::ReviewAccess => None,
        }
    }

    /// What that role has to come with. An Administrator needs nothing besides.
    pub const fn extra(self) -> Option<Extra> {
        match self {
            Self::ManageBenefit(benefit) => Some(Extra::Benefit(benefit)),
            Self::ManageReservations => Some(Extra::Reservations),
            _ => None,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadLicence => "read-licence",
            Self::ReadOrders => "read-orders",
            Self::DownloadSoftware => "download-software",
            Self::SeeProductKeys => "see-product-keys",
            Self::ManageBenefit(benefit) => return write!(f, "manage-benefit:{benefit}"),
            Self::SeeActivations => "see-activations",
            Self::Activate => "activate",
            Self::ResendLink => "resend-link",
            Self::UndoAssigned => "undo-assigned",
            Self::ReviveStuck => "revive-stuck",
            Self::ManageReservations => "manage-reservations",
            Self::AssignSubscriptions => "assign-subscriptions",
            Self::UndoActivation => "undo-activation",
            Self::ReviveLink => "revive-link",
            Self::CorrectContact => "correct-contact",
            Self::LiftSuppression => "lift-suppression",
            Self::ReadAudit => "read-audit",
            Self::ListUsers => "list-users",
            Self::ManageUsers => "manage-users",
            Self::DecideRequests => "decide-requests",
            Self::DenyGrant => "deny-grant",
            Self::ReviewAccess => "review-access",
        })
    }
}
