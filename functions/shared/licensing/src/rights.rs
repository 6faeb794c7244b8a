//! What a person may do about a Licensing ID's activations: the evaluation of [`crate::access`], as activations ask for it.

use std::collections::BTreeSet;

use crate::{access::Standing, judge::Contacts, when::Timestamp, words::Address};

pub use crate::roles::{Role, role_of_contact};

/// The roles of one person on one Licensing ID.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    roles: BTreeSet<Role>,
    /// Addresses of the person that gave the Licensing ID up, or were removed (PERM-04).
    gave_up: BTreeSet<Address>,
}

impl Rights {
    /// What a person with these proven addresses may do, as far up as the Licensing ID was read.
    pub fn by(standing: &Standing, proven: &[Address], now: Timestamp) -> Self {
        Self {
            roles: standing.of_all(proven, now).roles().collect(),
            gave_up: proven.iter().filter(|address| standing.gave_up(address)).cloned().collect(),
        }
    }

    /// Whether an address of the person's counts as if it were not named: it gave the Licensing ID up (PERM-04).
    pub fn gave_up(&self, address: &Address) -> bool {
        self.gave_up.contains(address)
    }

    /// The roles.
    pub fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        self.roles.iter().copied()
    }

    /// Whether the person holds nothing here.
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty()
    }

    /// Whether the person is Administrator.
    pub fn is_administrator(&self) -> bool {
        self.roles.contains(&Role::Administrator)
    }

    /// Whether the person may start and manage activations (LINK-02, LINK-05).
    pub fn manages_activations(&self) -> bool {
        self.is_administrator() || self.roles.contains(&Role::OnlineServicesManager)
    }

    /// Whether the person may read and export the audit (SAFE-02).
    pub fn reads_audit(&self) -> bool {
        self.is_administrator()
    }
}

/// The addresses, each once, that see the activations of a Licensing ID in Manage activations (LINK-05).
pub fn viewers(contacts: &Contacts) -> BTreeSet<Address> {
    contacts
        .iter()
        .filter(|(name, _)| matches!(role_of_contact(**name), Some(Role::Administrator | Role::OnlineServicesManager)))
        .map(|(_, address)| address.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{judge::Contacts, words::ContactName};

    /// ROLE-03 what each listing gives, and that it belongs to the proven address.
    #[test]
    fn role_03_listed_contacts_have_their_role_on_proof() {
        let address: Address = "a@b.example".parse().unwrap();
        for (name, role) in [
            (ContactName::Primary, Some(Role::Administrator)),
            (ContactName::Notices, Some(Role::Administrator)),
            (ContactName::OnlineAdministrator, Some(Role::Administrator)),
            (ContactName::SoftwareAssuranceManager, Some(Role::SoftwareAssuranceManager)),
            (ContactName::OnlineServicesManager, Some(Role::OnlineServicesManager)),
            (ContactName::SubscriptionsManager, Some(Role::SubscriptionsManager)),
            (ContactName::BillTo, None),
        ] {
            let contacts = Contacts::from([(name, address.clone())]);
            let rights =
                Rights::by(&Standing::naming(&contacts), std::slice::from_ref(&address), Timestamp::UNIX_EPOCH);
            assert_eq!((rights.roles().next(), rights.is_empty()), (role, role.is_none()), "{name}");
            assert!(
                Rights::by(&Standing::naming(&contacts), &["x@b.example".parse().unwrap()], Timestamp::UNIX_EPOCH)
                    .is_empty()
            );
        }
    }

    /// SAFE-02 Administrators read and export the audit; who only manages activations does not.
    #[test]
    fn safe_02_administrators_read_the_audit() {
        use ContactName as C;
        let address: Address = "a@b.example".parse().unwrap();
        let reads = |name: &C| {
            Rights::by(
                &Standing::naming(&Contacts::from([(*name, address.clone())])),
                std::slice::from_ref(&address),
                Timestamp::UNIX_EPOCH,
            )
            .reads_audit()
        };
        let who: Vec<_> = C::ALL.iter().copied().filter(reads).collect();
        assert_eq!(who, [C::Primary, C::Notices, C::OnlineAdministrator]);
    }

    /// LINK-02 LINK-05 who manages activations, and who does not.
    #[test]
    fn link_05_managers_and_administrators_manage_activations() {
        use ContactName as C;
        let address: Address = "a@b.example".parse().unwrap();
        let manages = |name| {
            Rights::by(
                &Standing::naming(&Contacts::from([(name, address.clone())])),
                std::slice::from_ref(&address),
                Timestamp::UNIX_EPOCH,
            )
            .manages_activations()
        };
        let who: Vec<_> = ContactName::ALL.iter().copied().filter(|name| manages(*name)).collect();
        assert_eq!(who, [C::Primary, C::Notices, C::OnlineAdministrator, C::OnlineServicesManager]);
    }
}
