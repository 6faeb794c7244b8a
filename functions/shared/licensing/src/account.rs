//! Organisation accounts: what services are activated on (ORG).

use serde::{Deserialize, Serialize};

use crate::words::{AccountId, Address, CustomerId};

/// An organisation account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its key.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// The customer that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// Its domains.
    pub domains: Vec<Domain>,
    /// Accepted global administrators.
    pub global_admins: Vec<Address>,
    /// Accepted billing administrators.
    pub billing_admins: Vec<Address>,
    /// Loaded by an operator or order system: its domains count as verified, its administrators as accepted (IMPORT.md).
    #[serde(default)]
    pub loaded: bool,
    /// Rises with each change: the condition of the next write.
    #[serde(default)]
    pub version: u64,
}

/// A domain of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// Its name, in lower case.
    pub name: String,
    /// Proven by DNS or loaded; otherwise it is only associated by a proven mailbox (ORG-01).
    pub verified: bool,
}

impl Account {
    /// A new account, made by who activates on it: its global administrator. The mailbox's domain becomes associated,
    /// unless it is a public mail provider's (ORG-01).
    pub fn create(id: AccountId, name: &str, customer: &CustomerId, by: &Address) -> Self {
        let domain = associated_domain(by).map(|name| Domain { name, verified: false });
        Self {
            id,
            name: name.into(),
            customer: Some(customer.clone()),
            domains: domain.into_iter().collect(),
            global_admins: vec![by.clone()],
            billing_admins: Vec::new(),
            loaded: false,
            version: 1,
        }
    }

    /// Whether one of these addresses administers it.
    pub fn is_administered_by(&self, addresses: &[Address]) -> bool {
        self.is_global_admin(addresses) || self.billing_admins.iter().any(|admin| addresses.contains(admin))
    }

    /// Whether one of these addresses is its global administrator.
    pub fn is_global_admin(&self, addresses: &[Address]) -> bool {
        self.global_admins.iter().any(|admin| addresses.contains(admin))
    }

    /// Whether licences may be assigned to it without asking: it has a verified domain, or was loaded (ACT-08).
    pub fn takes_assignments(&self) -> bool {
        self.loaded || self.domains.iter().any(|domain| domain.verified)
    }
}

/// The domain that an account made by this person gets associated, if any (ORG-01).
pub fn associated_domain(by: &Address) -> Option<String> {
    (!crate::providers::is_public(by.domain())).then(|| by.domain().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(by: &str) -> Account {
        Account::create("a1".parse().unwrap(), "Contoso", &"c1".parse().unwrap(), &by.parse().unwrap())
    }

    /// ORG-01 a proven mailbox makes its domain associated, never verified; a public provider's domain belongs to nobody.
    #[test]
    fn org_01_a_mailbox_associates_its_domain() {
        let account = create("osm@contoso.example");
        assert_eq!(account.domains, [Domain { name: "contoso.example".into(), verified: false }]);
        assert!(!account.takes_assignments());
        assert!(account.is_global_admin(&["osm@contoso.example".parse().unwrap()]));
        assert!(create("someone@gmail.com").domains.is_empty());
    }
}
