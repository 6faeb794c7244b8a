//! Requests for permission, and what one may do, as pages read and write them: the types of [`api::requests`] with days as
//! texts and lists in place of sets.
//!
//! Why not those types themselves: behind a day stands a calendar, and behind each set a tree. Both would be a good part of
//! the program behind mailed links, and no page reckons with days or has more than a few roles. The tests below hold both
//! sides together.

use api::{
    Instant,
    me::{ContactShown, MyLicence},
    people::{DeniedShown, InvitationName, RightEnds, Rights},
    requests::{MayDecide, MustStay, RequestKey, RequestState, WhichRequest},
};
use licensing::{
    Address, Licence,
    access::Deniable,
    request::Nobody,
    roles::{Benefit, Role},
};
use serde::{Deserialize, Serialize};

/// Roles, with what comes with them.
#[expect(clippy::struct_field_names, reason = "its fields are called as the functions call them")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Roles {
    /// In the order of the specification, each once.
    pub(crate) roles: Vec<Role>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) benefits: Vec<Benefit>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) reservations: bool,
    /// The last day, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<String>,
}

/// Asks for permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AskPermission {
    pub(crate) licence: Licence,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<Address>,
    pub(crate) asked: Roles,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) comment: String,
}

/// What was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GivenUp {
    pub(crate) licence: Licence,
    pub(crate) address: Address,
    pub(crate) keeps: Vec<Role>,
}

/// The reader's own requests, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MyRequests {
    pub(crate) requests: Vec<PermissionRequest>,
    pub(crate) pending: u32,
    pub(crate) most: u32,
}

/// The reader's own request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PermissionRequest {
    pub(crate) licence: Licence,
    pub(crate) address: Address,
    pub(crate) asked: Roles,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) comment: String,
    pub(crate) state: RequestState,
    pub(crate) asked_at: Instant,
    pub(crate) ends_at: Instant,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sent_to: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nobody: Option<Nobody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reminder_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) undecided_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) remind_from: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) granted: Option<Roles>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) message: String,
}

/// Decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DecideRequest {
    pub(crate) request: WhichRequest,
    pub(crate) decision: RequestDecision,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) message: String,
}

/// What is decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RequestDecision {
    /// `true`, always.
    Deny(bool),
    /// All that was asked for, or a part.
    Grant(Roles),
}

/// A request before who decides, and what a decision led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RequestShown {
    pub(crate) licence: Licence,
    pub(crate) customer_name: String,
    pub(crate) number: u32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
    pub(crate) address: Address,
    pub(crate) colleague: bool,
    pub(crate) asked: Roles,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) comment: String,
    pub(crate) state: RequestState,
    pub(crate) asked_at: Instant,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ends_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) granted: Option<Roles>,
    pub(crate) by_you: bool,
    pub(crate) changed: bool,
    pub(crate) may: MayDecide,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) signed_in_as: Option<Address>,
}

/// Requests that wait for the reader's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Approvals {
    pub(crate) requests: Vec<ApprovalRow>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ApprovalRow {
    pub(crate) key: RequestKey,
    pub(crate) customer_name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
    pub(crate) address: Address,
    pub(crate) colleague: bool,
    pub(crate) asked: Roles,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) comment: String,
    pub(crate) asked_at: Instant,
    pub(crate) ends_at: Instant,
}

/// One licence: what its page shows of it beyond what lists do. Those read the same text as a [`MyLicence`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LicenceShown {
    pub(crate) contacts: Vec<ContactShown>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reseller: Option<String>,
    /// The agreements above that the reader may open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) opens: Vec<Licence>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) below: Vec<MyLicence>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) more_below: bool,
    pub(crate) lists_people: bool,
}

/// Who may do what on a Licensing ID, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessShown {
    pub(crate) licence: Licence,
    pub(crate) customer_name: String,
    /// The first day, `YYYY-MM-DD`.
    pub(crate) starts: String,
    /// The last day.
    pub(crate) ends: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<Licence>,
    pub(crate) addresses: Vec<AddressAccess>,
}

/// What one address may do there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AddressAccess {
    pub(crate) address: Address,
    pub(crate) roles: Vec<RoleAccess>,
    pub(crate) sources: Vec<SourceAccess>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gave_up_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) must_stay: Option<MustStay>,
    pub(crate) keeps: Vec<Role>,
}

/// One of its roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RoleAccess {
    pub(crate) role: Role,
    /// As import reports name them: `contact:primary`.
    pub(crate) sources: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) benefits: Vec<Benefit>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) reservations: bool,
    /// The last day on which it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<String>,
    /// What comes with it and ends before it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ends_sooner: Vec<EndsSooner>,
}

/// Something that comes with a role and ends before it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EndsSooner {
    /// None: reservations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) benefit: Option<Benefit>,
    pub(crate) until: String,
}

/// One source, and what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceAccess {
    pub(crate) source: String,
    pub(crate) gives: Vec<Role>,
    pub(crate) goes: Vec<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) given_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) given_at: Option<Instant>,
}

/// The people of a Licensing ID.
#[expect(clippy::struct_field_names, reason = "its fields are called as the functions call them")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct People {
    pub(crate) people: Vec<PersonShown>,
    /// What stands above, to be sent back with a change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) above: Vec<Licence>,
    /// Whether the reader is Administrator there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) from_above: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PersonShown {
    pub(crate) address: Address,
    pub(crate) roles: Vec<Role>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) benefits: Vec<Benefit>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) reservations: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ends: Vec<RightEnds>,
    /// As import reports name them: `contact:primary`.
    pub(crate) sources: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gave_up_at: Option<Instant>,
    /// The version of what acts gave; 0: they gave nothing.
    #[serde(default, skip_serializing_if = "no_version")]
    pub(crate) version: u64,
    /// What acts give, by its end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) given: Vec<Roles>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) invitation: Option<InvitationShown>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) removed_here: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) denied: Vec<DeniedShown>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) own: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stays: Option<MustStay>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn no_version(number: &u64) -> bool {
    *number == 0
}

/// How far an invitation has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InvitationShown {
    pub(crate) state: InvitationName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ends_at: Option<Instant>,
    /// What ended with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ended: Vec<Roles>,
}

/// Changes what an address has, or asks what that would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChangePerson {
    pub(crate) licence: Licence,
    pub(crate) address: Address,
    pub(crate) change: PersonChange,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) above: Vec<Licence>,
    /// The version of what was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen: Option<u64>,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PersonChange {
    /// Besides what they have.
    Assign(Assign),
    /// In place of what acts gave, by its ends.
    Edit(Vec<Roles>),
    Remove,
    InheritAgain,
    Deny(Deniable),
    UndoDenial(Deniable),
}

/// What is assigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assign {
    pub(crate) roles: Roles,
    /// Whether listings, inheritance and orders count again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) listings_count: bool,
}

/// What a change does, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PersonOutcome {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<PersonShown>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<PersonShown>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unchanged: bool,
    #[serde(default, skip_serializing_if = "Rights::is_empty")]
    pub(crate) gains: Rights,
    #[serde(default, skip_serializing_if = "Rights::is_empty")]
    pub(crate) loses: Rights,
    /// The last day of who gives it, where that is earlier than was wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cut_to: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) invites: bool,
    /// So many of the agreements below would have no Administrator who stays.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) children_without: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) or_more: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_none(number: &u32) -> bool {
    *number == 0
}

impl Roles {
    /// What only comes with a role goes where the role is not chosen.
    pub(crate) fn tidy(mut self) -> Self {
        if !self.roles.contains(&Role::SoftwareAssuranceManager) {
            self.benefits.clear();
        }
        self.reservations &= self.roles.contains(&Role::OnlineServicesManager);
        self
    }

    /// What of this is not in the other: a role is named where it is missing, or where something that comes with it is.
    pub(crate) fn without(&self, other: &Self) -> Self {
        let benefits: Vec<Benefit> =
            self.benefits.iter().copied().filter(|benefit| !other.benefits.contains(benefit)).collect();
        let reservations = self.reservations && !other.reservations;
        let is_missing = |role: &Role| {
            !other.roles.contains(role)
                || *role == Role::SoftwareAssuranceManager && !benefits.is_empty()
                || *role == Role::OnlineServicesManager && reservations
        };
        let roles = self.roles.iter().copied().filter(is_missing).collect();
        Self { roles, benefits, reservations, until: None }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;

    fn some_roles() -> Roles {
        Roles {
            roles: vec![Role::LicensingInfo, Role::SoftwareAssuranceManager, Role::OnlineServicesManager],
            benefits: vec![Benefit::PlanningServices, Benefit::HomeUse],
            reservations: true,
            until: Some("2027-05-31".into()),
        }
    }

    fn instant() -> Instant {
        Instant("2026-11-30T10:00:00Z".into())
    }

    /// What this module writes, the functions' type reads, and the other way round, with nothing lost.
    fn same<Ours, Theirs>(ours: &Ours)
    where
        Ours: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
        Theirs: Serialize + DeserializeOwned,
    {
        let written = crate::json::written(ours);
        let theirs: Theirs = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
        let again = serde_json::to_string(&theirs).unwrap();
        let (one, other): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(&written).unwrap(), serde_json::from_str(&again).unwrap());
        assert_eq!(one, other);
        assert_eq!(crate::json::read::<Ours>(&again).as_ref(), Some(ours), "{again}");
    }

    /// REQ-01 APR-01 ROLE-06 requests, decisions and explanations are written and read as the functions do.
    #[test]
    fn req_01_both_sides_say_the_same() {
        use api::requests as theirs;
        let licence: Licence = "open-value/12/34".parse().unwrap();
        let address: Address = "a@b.example".parse().unwrap();
        let key = RequestKey { licence: licence.clone(), asker: "p1".parse().unwrap(), number: 3 };
        same::<_, theirs::Roles>(&some_roles());
        same::<_, theirs::Roles>(&Roles { roles: vec![Role::Administrator], ..Roles::default() });
        same::<_, theirs::AskPermission>(&AskPermission {
            licence: licence.clone(),
            address: Some(address.clone()),
            asked: some_roles(),
            comment: "two\nlines".into(),
        });
        same::<_, theirs::GivenUp>(&GivenUp {
            licence: licence.clone(),
            address: address.clone(),
            keeps: vec![Role::LicensingInfo],
        });
        let request = PermissionRequest {
            licence: licence.clone(),
            address: address.clone(),
            asked: some_roles(),
            comment: "please".into(),
            state: RequestState::GrantedInPart,
            asked_at: instant(),
            ends_at: instant(),
            sent_to: Some(3),
            nobody: Some(Nobody::NoAdministrator),
            reminder_at: Some(instant()),
            undecided_at: Some(instant()),
            remind_from: Some(instant()),
            ended_at: Some(instant()),
            granted: Some(some_roles()),
            message: "fine".into(),
        };
        same::<_, theirs::MyRequests>(&MyRequests { requests: vec![request], pending: 1, most: 20 });
        for decision in [RequestDecision::Deny(true), RequestDecision::Grant(some_roles())] {
            for request in [WhichRequest::Link("token".into()), WhichRequest::Portal(key.clone())] {
                let decision = decision.clone();
                same::<_, theirs::DecideRequest>(&DecideRequest { request, decision, message: "no".into() });
            }
        }
        same::<_, theirs::RequestShown>(&RequestShown {
            licence: licence.clone(),
            customer_name: "Contoso".into(),
            number: 3,
            name: "Ada".into(),
            address: address.clone(),
            colleague: true,
            asked: some_roles(),
            comment: "please".into(),
            state: RequestState::Replaced,
            asked_at: instant(),
            ends_at: Some(instant()),
            ended_at: Some(instant()),
            granted: Some(some_roles()),
            by_you: true,
            changed: true,
            may: MayDecide::Deny,
            signed_in_as: Some(address.clone()),
        });
        let row = ApprovalRow {
            key,
            customer_name: "Contoso".into(),
            name: "Ada".into(),
            address: address.clone(),
            colleague: false,
            asked: some_roles(),
            comment: "please".into(),
            asked_at: instant(),
            ends_at: instant(),
        };
        same::<_, theirs::Approvals>(&Approvals { requests: vec![row], next: Some("x".into()) });
        let role = RoleAccess {
            role: Role::SoftwareAssuranceManager,
            sources: vec!["assigned".into()],
            benefits: vec![Benefit::Support],
            reservations: false,
            until: Some("2027-05-31".into()),
            ends_sooner: vec![
                EndsSooner { benefit: Some(Benefit::Support), until: "2027-04-30".into() },
                EndsSooner { benefit: None, until: "2027-03-31".into() },
            ],
        };
        let source = SourceAccess {
            source: "parent:select/1".into(),
            gives: vec![Role::Administrator],
            goes: vec![],
            given_by: Some("b@b.example".into()),
            given_at: Some(instant()),
        };
        let held = AddressAccess {
            address,
            roles: vec![role],
            sources: vec![source],
            gave_up_at: Some(instant()),
            must_stay: Some(MustStay::LastAdministrator),
            keeps: vec![Role::LicensingInfo],
        };
        same::<_, theirs::AccessShown>(&AccessShown {
            licence: licence.clone(),
            customer_name: "Contoso".into(),
            starts: "2026-01-01".into(),
            ends: "2028-12-31".into(),
            parent: Some(licence),
            addresses: vec![held],
        });
    }

    fn some_person() -> PersonShown {
        let ends = |benefit, reservations| RightEnds {
            role: Role::SoftwareAssuranceManager,
            benefit,
            reservations,
            until: "2027-05-31".into(),
        };
        PersonShown {
            address: "a@b.example".parse().unwrap(),
            roles: vec![Role::SoftwareAssuranceManager],
            benefits: vec![Benefit::HomeUse],
            reservations: true,
            ends: vec![ends(None, false), ends(Some(Benefit::HomeUse), false), ends(None, true)],
            sources: vec!["assigned".into()],
            gave_up_at: Some(instant()),
            version: 7,
            given: vec![some_roles()],
            invitation: Some(InvitationShown {
                state: InvitationName::NeverRegistered,
                ends_at: Some(instant()),
                ended: vec![some_roles()],
            }),
            removed_here: true,
            denied: vec![DeniedShown { what: Deniable::Claim, undo_until: instant() }],
            own: true,
            stays: Some(MustStay::Above),
        }
    }

    /// APR-07 APR-08 people, changes and what they do are written and read as the functions do.
    #[test]
    fn apr_07_both_sides_say_the_same() {
        use api::{me, people as theirs};
        let licence: Licence = "open-value/12/34".parse().unwrap();
        same::<_, me::People>(&People {
            people: vec![some_person(), PersonShown { version: 0, given: vec![], ..some_person() }],
            above: vec![licence.clone()],
            from_above: true,
            next: Some("x".into()),
        });
        for change in [
            PersonChange::Assign(Assign { roles: some_roles(), listings_count: true }),
            PersonChange::Edit(vec![some_roles(), Roles { roles: vec![Role::Download], ..Roles::default() }]),
            PersonChange::Remove,
            PersonChange::InheritAgain,
            PersonChange::Deny(Deniable::Orders),
            PersonChange::UndoDenial(Deniable::Claim),
        ] {
            same::<_, theirs::ChangePerson>(&ChangePerson {
                licence: licence.clone(),
                address: "a@b.example".parse().unwrap(),
                change,
                above: vec![licence.clone()],
                seen: Some(0),
            });
        }
        let rights = Rights { roles: vec![Role::Download], benefits: vec![Benefit::HomeUse], reservations: true };
        same::<_, theirs::PersonOutcome>(&PersonOutcome {
            before: Some(some_person()),
            after: None,
            unchanged: true,
            gains: rights.clone(),
            loses: rights,
            cut_to: Some("2027-05-31".into()),
            invites: true,
            children_without: 3,
            or_more: true,
        });
    }

    /// LIC-01 what lists show of a licence and what its page shows beyond it are read from one answer, with nothing lost.
    #[test]
    fn lic_01_a_licence_is_read_in_two_parts() {
        use licensing::{ContactName, running::Running};
        let licence = |key: &str| -> Licence { key.parse().unwrap() };
        let mine = |key: &str| MyLicence {
            licence: licence(key),
            customer_name: "Contoso".into(),
            roles: vec![Role::Administrator],
            sources: vec!["contact:primary".into(), "parent:master/7".into()],
            products: vec!["Mail".into()],
            listed: vec![(ContactName::Primary, "a@b.example".parse().unwrap())],
            starts: "2026-01-01".into(),
            ends: "2028-12-31".into(),
            state: Running::ToCome,
            above: vec![licence("master/7")],
            depth: 1,
        };
        let contact = |own: bool| ContactShown {
            contact: ContactName::BillTo,
            address: "a•••@b.example".into(),
            own,
            gave_up: own,
        };
        let whole = api::me::LicenceShown {
            mine: mine("open-value/12/34"),
            contacts: vec![contact(true), contact(false)],
            reseller: Some("orders@reseller.example".into()),
            opens: vec![licence("master/7")],
            below: vec![mine("select/1")],
            more_below: true,
            lists_people: true,
        };
        let text = serde_json::to_string(&whole).unwrap();
        assert_eq!(crate::json::read::<MyLicence>(&text).as_ref(), Some(&whole.mine));
        let shown = LicenceShown {
            contacts: whole.contacts,
            reseller: whole.reseller,
            opens: whole.opens,
            below: whole.below,
            more_below: true,
            lists_people: true,
        };
        assert_eq!(crate::json::read::<LicenceShown>(&text), Some(shown));
    }

    /// APR-01 what was not granted is named: the roles, and what comes with those that were.
    #[test]
    fn apr_01_what_is_missing_of_a_grant_is_found() {
        let all = some_roles();
        assert_eq!(all.without(&all), Roles::default());
        let part = Roles { benefits: vec![Benefit::HomeUse], reservations: false, ..all.clone() };
        assert_eq!(
            all.without(&part),
            Roles {
                roles: vec![Role::SoftwareAssuranceManager, Role::OnlineServicesManager],
                benefits: vec![Benefit::PlanningServices],
                reservations: true,
                until: None,
            }
        );
        let info = Roles { roles: vec![Role::LicensingInfo], ..all };
        assert_eq!(
            info.tidy(),
            Roles { until: Some("2027-05-31".into()), roles: vec![Role::LicensingInfo], ..Roles::default() }
        );
    }
}
