//! The roles on a Licensing ID: their names, who has which without being given it, and the names of older portals (ROLE-01,
//! ROLE-03, ROLE-05, ROLE-07).

use crate::words::{ContactName, Programme, names};

names! {
    /// A permission role on one Licensing ID.
    Role {
        /// Everything, and manages users.
        Administrator = "administrator",
        /// Sees licence details and reports.
        LicensingInfo = "licensing-info",
        /// Downloads licensed software.
        Download = "download",
        /// Sees product keys.
        ProductKeys = "product-keys",
        /// Manages the software-assurance benefits, one by one.
        SoftwareAssuranceManager = "software-assurance-manager",
        /// Starts and manages activations of online services.
        OnlineServicesManager = "online-services-manager",
        /// Assigns developer subscriptions.
        SubscriptionsManager = "subscriptions-manager",
    }
}

names! {
    /// A software-assurance benefit.
    Benefit {
        /// Days of planning by a partner.
        PlanningServices = "planning-services",
        /// Vouchers for training.
        TrainingVouchers = "training-vouchers",
        /// Courses online.
        ELearning = "e-learning",
        /// What employees may buy at a discount.
        EmployeePurchase = "employee-purchase",
        /// What employees may use at home.
        HomeUse = "home-use",
        /// A subscription for technicians.
        TechnicalSubscription = "technical-subscription",
        /// Support around the clock.
        Support = "support",
        /// Software that only comes with the assurance.
        Software = "software",
    }
}

names! {
    /// An older portal whose roles are loaded (ROLE-07).
    Scheme {
        /// Roles by benefit.
        BenefitRoles = "benefit-roles",
        /// No roles at all: whoever is named is Administrator. Open licences only.
        RoleLess = "role-less",
    }
}

names! {
    /// A role of the older portal with roles by benefit.
    OlderRole {
        /// Sees licence details.
        User = "user",
        /// The same, with downloads and product keys.
        UserWithKeys = "user-with-keys",
        /// Manages software-assurance benefits.
        AssuranceBenefitAdministrator = "assurance-benefit-administrator",
        /// Manages online services.
        OnlineServicesBenefitAdministrator = "online-services-benefit-administrator",
        /// Manages developer subscriptions.
        SubscriptionBenefitAdministrator = "subscription-benefit-administrator",
        /// Administrator.
        Administrator = "administrator",
    }
}

/// What resellers and claimants of an open licence get (ROLE-05): never Administrator.
pub const LIMITED_SET: &[Role] = &[Role::LicensingInfo, Role::Download, Role::ProductKeys, Role::SubscriptionsManager];

/// The role that a listing gives on proof of its address (ROLE-03); bill-to gives none.
pub const fn role_of_contact(name: ContactName) -> Option<Role> {
    match name {
        ContactName::Primary | ContactName::Notices | ContactName::OnlineAdministrator => Some(Role::Administrator),
        ContactName::SoftwareAssuranceManager => Some(Role::SoftwareAssuranceManager),
        ContactName::OnlineServicesManager => Some(Role::OnlineServicesManager),
        ContactName::SubscriptionsManager => Some(Role::SubscriptionsManager),
        ContactName::BillTo => None,
    }
}

impl ContactName {
    /// The contacts that can't leave, and that see everything below their agreement (ROLE-04, PERM-03).
    pub const LASTING: [Self; 2] = [Self::Primary, Self::Notices];
}

impl Role {
    /// Whether agreements of this programme have the role (ROLE-01): a `master` carries no orders, so there is nothing on it
    /// to download, to activate or to assign.
    pub const fn is_of(self, programme: Programme) -> bool {
        match programme {
            Programme::Master => matches!(self, Self::Administrator | Self::LicensingInfo),
            Programme::Enterprise
            | Programme::Select
            | Programme::SelectPlus
            | Programme::OpenValue
            | Programme::OpenLicence => true,
        }
    }
}

impl OlderRole {
    /// What it is here (ROLE-07).
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::User => &[Role::LicensingInfo],
            Self::UserWithKeys => &[Role::LicensingInfo, Role::Download, Role::ProductKeys],
            Self::AssuranceBenefitAdministrator => &[Role::SoftwareAssuranceManager],
            Self::OnlineServicesBenefitAdministrator => &[Role::OnlineServicesManager],
            Self::SubscriptionBenefitAdministrator => &[Role::SubscriptionsManager],
            Self::Administrator => &[Role::Administrator],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ROLE-03 files and answers call each role by its own name.
    #[test]
    fn role_03_each_role_has_its_name() {
        let names = "administrator licensing-info download product-keys software-assurance-manager \
                     online-services-manager subscriptions-manager";
        assert_eq!(Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" "), names);
        for role in Role::ALL {
            assert_eq!(serde_json::to_string(role).unwrap(), format!("\"{role}\""));
        }
    }

    /// ROLE-01 a `master` has two roles, every other programme has all seven.
    #[test]
    fn role_01_a_master_has_two_roles() {
        for programme in Programme::ALL {
            let roles: Vec<Role> = Role::ALL.iter().copied().filter(|role| role.is_of(*programme)).collect();
            match programme {
                Programme::Master => assert_eq!(roles, [Role::Administrator, Role::LicensingInfo]),
                _ => assert_eq!(roles, Role::ALL),
            }
        }
    }

    /// ROLE-05 the limited set, as a literal.
    #[test]
    fn role_05_the_limited_set_is_these_four() {
        let names = LIMITED_SET.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ");
        assert_eq!(names, "licensing-info download product-keys subscriptions-manager");
    }

    /// ROLE-07 each role of the older portal with what it is here.
    #[test]
    fn role_07_roles_of_the_older_portal_are_mapped() {
        let mapped: Vec<String> = OlderRole::ALL
            .iter()
            .map(|older| {
                let roles: Vec<&str> = older.roles().iter().map(|role| role.as_str()).collect();
                format!("{older}: {}", roles.join(" "))
            })
            .collect();
        assert_eq!(
            mapped,
            [
                "user: licensing-info",
                "user-with-keys: licensing-info download product-keys",
                "assurance-benefit-administrator: software-assurance-manager",
                "online-services-benefit-administrator: online-services-manager",
                "subscription-benefit-administrator: subscriptions-manager",
                "administrator: administrator",
            ]
        );
    }
}
