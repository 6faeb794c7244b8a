//! Organisation accounts: what services are activated on (ORG).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    when::Timestamp,
    words::{AccountId, Address, CustomerId, Licence, Sku},
};

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
    /// Who joined by a decision of its global administrators (ORG-04). A load replaces the two lists above and leaves these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
    /// Loaded by an operator or order system: its domains count as verified, its administrators as accepted (ACT-01).
    #[serde(default)]
    pub loaded: bool,
    /// What it was made for, as long as nothing else came to it: then it goes when that is taken back (LINK-07).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_for: Option<(Licence, Sku)>,
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

/// What a member may do with an account (ORG-03), the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountRole {
    /// Puts on it what was bought.
    BillingAdministrator,
    /// The same, and decides who else joins, and what is moved to and from it.
    GlobalAdministrator,
}

impl AccountRole {
    /// As the audit and letters know it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BillingAdministrator => "billing-administrator",
            Self::GlobalAdministrator => "global-administrator",
        }
    }
}

/// A member by decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// By which address.
    pub address: Address,
    /// As what.
    pub role: AccountRole,
    /// Since when.
    pub since: Timestamp,
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
            members: Vec::new(),
            loaded: false,
            made_for: None,
            version: 1,
        }
    }

    /// The same, made for one activation: it goes if that is taken back before anything else comes to it (LINK-07).
    #[must_use]
    pub fn made_for(self, licence: &Licence, product: &Sku) -> Self {
        Self { made_for: Some((licence.clone(), product.clone())), ..self }
    }

    /// Whether it was made for this activation and holds nothing else.
    pub fn goes_with(&self, licence: &Licence, product: &Sku) -> bool {
        self.made_for.as_ref().is_some_and(|(of, what)| of == licence && what == product)
    }

    /// The account once something else came to it: it stays, whatever is taken back. None if it stays anyway.
    pub fn kept(&self) -> Option<Self> {
        self.made_for.as_ref()?;
        Some(Self { made_for: None, version: self.version + 1, ..self.clone() })
    }

    /// Its global administrators, each once: those on record, and those who joined.
    pub fn global_administrators(&self) -> BTreeSet<&Address> {
        let joined = self.members.iter().filter(|member| member.role == AccountRole::GlobalAdministrator);
        self.global_admins.iter().chain(joined.map(|member| &member.address)).collect()
    }

    /// Whether one of its global administrators can be reached by mail. `fails` says to whom it is known to fail.
    pub fn reaches_somebody(&self, fails: impl Fn(&Address) -> bool) -> bool {
        self.global_administrators().into_iter().any(|address| !fails(address))
    }

    /// All its administrators, each once.
    pub fn administrators(&self) -> BTreeSet<&Address> {
        let joined = self.members.iter().map(|member| &member.address);
        self.global_admins.iter().chain(&self.billing_admins).chain(joined).collect()
    }

    /// Whether one of these addresses administers it.
    pub fn is_administered_by(&self, addresses: &[Address]) -> bool {
        self.administrators().iter().any(|admin| addresses.contains(admin))
    }

    /// Whether one of these addresses is its global administrator.
    pub fn is_global_admin(&self, addresses: &[Address]) -> bool {
        self.global_administrators().iter().any(|admin| addresses.contains(admin))
    }

    /// The account with one more member. Who is one already keeps what is theirs if it is more.
    pub(crate) fn admit(&self, address: &Address, role: AccountRole, since: Timestamp) -> Self {
        let mut after = Self { version: self.version + 1, made_for: None, ..self.clone() };
        match after.members.iter_mut().find(|member| member.address == *address) {
            Some(member) => member.role = member.role.max(role),
            None => after.members.push(Member { address: address.clone(), role, since }),
        }
        after
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

    /// ACT-08 ORG-01 licences are assigned without asking only where a domain is verified, or the account was loaded.
    #[test]
    fn act_08_a_verified_domain_or_a_load_takes_assignments() {
        let account = create("osm@contoso.example");
        let takes = |verified: bool, loaded: bool| {
            let mut account = Account { loaded, ..account.clone() };
            account.domains.push(Domain { name: "fabrikam.example".into(), verified });
            account.takes_assignments()
        };
        assert_eq!([takes(false, false), takes(true, false), takes(false, true)], [false, true, true]);
    }

    /// ORG-04 somebody can be reached if one global administrator can, on record or joined; the others do not count.
    #[test]
    fn org_04_one_global_administrator_is_enough_to_be_reached() {
        let (boss, osm, pays) =
            ["boss", "osm", "pays"].map(|who| format!("{who}@contoso.example").parse().unwrap()).into();
        let since = "2026-11-22T00:00:00Z".parse().unwrap();
        let account = create("boss@contoso.example").admit(&osm, AccountRole::GlobalAdministrator, since).admit(
            &pays,
            AccountRole::BillingAdministrator,
            since,
        );
        let reaches = |failing: &[&Address]| account.reaches_somebody(|address| failing.contains(&address));
        assert!(reaches(&[]) && reaches(&[&boss]) && reaches(&[&osm, &pays]));
        assert!(!reaches(&[&boss, &osm]));
    }

    /// ORG-04 who joined counts like who is on record, by the role that was given; a second decision only adds.
    #[test]
    fn org_04_members_count_like_those_on_record() {
        let (osm, notices) = ("osm@contoso.example".parse().unwrap(), "notices@contoso.example".parse().unwrap());
        let of = |address: &Address| [address.clone()];
        let since = "2026-11-22T00:00:00Z".parse().unwrap();
        let account = create("boss@contoso.example");
        let billing = account.admit(&osm, AccountRole::BillingAdministrator, since);
        assert!(billing.is_administered_by(&of(&osm)) && !billing.is_global_admin(&of(&osm)));
        assert_eq!((billing.version, billing.administrators().len()), (account.version + 1, 2));
        let global = billing.admit(&osm, AccountRole::GlobalAdministrator, since);
        assert!(global.is_global_admin(&of(&osm)) && global.members.len() == 1);
        let kept = global.admit(&osm, AccountRole::BillingAdministrator, since);
        assert!(kept.is_global_admin(&of(&osm)) && !kept.is_administered_by(&of(&notices)));
        assert_eq!(kept.global_administrators().len(), 2);
    }
}
