//! Who may do what on a Licensing ID: derived from proven addresses and the agreement when asked for (ROLE-03).

use std::collections::BTreeSet;

use crate::{judge::Contacts, words::Address};

pub use crate::roles::{Role, role_of_contact};

/// The roles of one person on one Licensing ID.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights(BTreeSet<Role>);

impl Rights {
    /// What these listings give a person with these proven addresses.
    pub fn of(contacts: &Contacts, proven: &[Address]) -> Self {
        Self(
            contacts
                .iter()
                .filter(|(_, address)| proven.contains(address))
                .filter_map(|(name, _)| role_of_contact(*name))
                .collect(),
        )
    }

    /// The roles.
    pub fn roles(&self) -> impl Iterator<Item = Role> + '_ {
        self.0.iter().copied()
    }

    /// Whether the person holds nothing here.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the person is Administrator.
    pub fn is_administrator(&self) -> bool {
        self.0.contains(&Role::Administrator)
    }

    /// Whether the person may start and manage activations (LINK-02, LINK-05).
    pub fn manages_activations(&self) -> bool {
        self.is_administrator() || self.0.contains(&Role::OnlineServicesManager)
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
    use crate::words::ContactName;

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
            let rights = Rights::of(&contacts, std::slice::from_ref(&address));
            assert_eq!((rights.roles().next(), rights.is_empty()), (role, role.is_none()), "{name}");
            assert!(Rights::of(&contacts, &["x@b.example".parse().unwrap()]).is_empty());
        }
    }

    /// SAFE-02 Administrators read and export the audit; who only manages activations does not.
    #[test]
    fn safe_02_administrators_read_the_audit() {
        use ContactName as C;
        let address: Address = "a@b.example".parse().unwrap();
        let reads = |name: &C| {
            Rights::of(&Contacts::from([(*name, address.clone())]), std::slice::from_ref(&address)).reads_audit()
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
            Rights::of(&Contacts::from([(name, address.clone())]), std::slice::from_ref(&address)).manages_activations()
        };
        let who: Vec<_> = ContactName::ALL.iter().copied().filter(|name| manages(*name)).collect();
        assert_eq!(who, [C::Primary, C::Notices, C::OnlineAdministrator, C::OnlineServicesManager]);
    }
}
