//! What a token allows to load (ACT-01): rows of some types, of all customers or of named ones.

use std::collections::{BTreeSet, HashMap};

use licensing::{
    CustomerId, Licence,
    import::{Code, Record, Refusal, Row},
    policy::StoredPolicy,
};
use store::tokens::LoadScope;

use crate::known::Known;

/// What may be loaded.
#[derive(Debug, Clone, Default)]
pub enum Allowed {
    /// All rows: an operator loads.
    #[default]
    Everything,
    /// What a token allows.
    To {
        /// Rows of these types.
        scopes: Vec<LoadScope>,
        /// Of these customers; none: of all.
        customers: Option<BTreeSet<CustomerId>>,
    },
}

/// Of which customer the agreements are that rows above brought, where a dry run stores none.
pub(crate) type Brought = HashMap<Licence, CustomerId>;

impl Allowed {
    /// Whether only what belongs to some customers may be loaded.
    pub(crate) const fn is_for_some(&self) -> bool {
        matches!(self, Self::To { customers: Some(_), .. })
    }

    /// Why a row may not be loaded. Whatever belongs to other customers is answered as if it were not there: a token tells
    /// nothing about them.
    pub(crate) fn refuses(&self, row: &Row, known: &Known, brought: &Brought) -> Option<Refusal> {
        let Self::To { scopes, customers } = self else { return None };
        let record = row.record()?;
        let (needed, kind) = needs(record);
        let refusal = |code: Code, field: &str, hint: String| {
            Some(Refusal { row: row.number(), code, field: Some(field.into()), hint: Some(hint.into()) })
        };
        if !scopes.contains(&needed) {
            let have: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
            let hint = format!(
                "rows of type {kind} need a token of scope {}, and this one has {}",
                needed.as_str(),
                have.join(" and ")
            );
            return refusal(Code::NotAllowed, "type", hint);
        }
        let named = customers.as_ref()?;
        let is_theirs = |licence: &Licence| {
            let stored = known.agreements.get(licence).and_then(Option::as_ref);
            let customer = brought.get(licence).or(stored.map(|stored| &stored.record.customer));
            customer.map(|customer| named.contains(customer))
        };
        let other = || "the token is for other customers".to_owned();
        match record {
            // They concern more than one customer: who administers an account is assigned what is ordered (ACT-08).
            Record::Product(_) | Record::Suppression(_) | Record::Account(_) => {
                let hint = format!("rows of type {kind} need a token for all customers");
                refusal(Code::NotAllowed, "type", hint)
            }
            Record::Customer(customer) if !named.contains(&customer.id) => refusal(Code::NotAllowed, "id", other()),
            Record::Agreement(agreement) if !named.contains(&agreement.customer) => {
                refusal(Code::UnknownCustomer, "customer", other())
            }
            Record::Agreement(agreement) if is_theirs(&agreement.licence) == Some(false) => {
                refusal(Code::NotAllowed, "number", other())
            }
            Record::Agreement(agreement) => {
                let parent = agreement.parent.as_ref().filter(|parent| is_theirs(parent) == Some(false));
                parent.and_then(|_| refusal(Code::UnknownLicensingId, "parent.number", other()))
            }
            Record::Activation(told) if is_theirs(&told.licence) == Some(false) => {
                refusal(Code::UnknownLicensingId, "number", other())
            }
            Record::Activation(told) => {
                let account = known.accounts.get(&told.account).and_then(Option::as_ref);
                let is_theirs = |account: &licensing::account::Account| {
                    account.customer.as_ref().is_some_and(|customer| named.contains(customer))
                };
                let foreign = account.filter(|account| !is_theirs(account));
                foreign.and_then(|_| refusal(Code::UnknownAccount, "account", other()))
            }
            Record::Order(order) if is_theirs(&order.licence) == Some(false) => {
                refusal(Code::UnknownLicensingId, "number", other())
            }
            Record::Assignment(_) | Record::Removal(_) | Record::OptOut(_)
                if record.holder().is_some_and(|(licence, _)| is_theirs(licence) == Some(false)) =>
            {
                refusal(Code::UnknownLicensingId, "number", other())
            }
            Record::Customer(_) | Record::Order(_) | Record::Assignment(_) | Record::Removal(_) | Record::OptOut(_) => {
                None
            }
        }
    }
}

/// Why a row is not taken while the release before has to read what is stored: it would not heed what takes rights (OPS-06).
pub(crate) fn refused_for_release_before(row: &Row, policy: StoredPolicy) -> Option<Refusal> {
    let kind = match row.record()? {
        Record::Removal(_) => "removal",
        Record::OptOut(_) => "opt-out",
        _ => return None,
    };
    policy.for_release_before.then(|| Refusal {
        row: row.number(),
        code: Code::NotAllowed,
        field: Some("type".into()),
        hint: Some(
            format!("rows of type {kind} are taken once the policy says `stored.for_release_before` no more").into(),
        ),
    })
}

const fn needs(record: &Record) -> (LoadScope, &'static str) {
    match record {
        Record::Product(_) => (LoadScope::Orders, "product"),
        Record::Activation(_) => (LoadScope::Orders, "activation"),
        Record::Order(_) => (LoadScope::Orders, "order"),
        Record::Customer(_) => (LoadScope::Contacts, "customer"),
        Record::Account(_) => (LoadScope::Contacts, "account"),
        Record::Agreement(_) => (LoadScope::Contacts, "agreement"),
        Record::Suppression(_) => (LoadScope::Contacts, "suppression"),
        Record::Assignment(_) => (LoadScope::Permissions, "assignment"),
        Record::Removal(_) => (LoadScope::Permissions, "removal"),
        Record::OptOut(_) => (LoadScope::Permissions, "opt-out"),
    }
}
