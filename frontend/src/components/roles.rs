//! Roles to choose from, with what comes with them, and their last day (REQ-01, APR-01, APR-07, ROLE-09): for who asks, for who
//! decides, and for who manages users.

use leptos::prelude::{AnyView, IntoAny};
use licensing::{
    Programme,
    roles::{Benefit, Role},
};

use super::{
    Words,
    form::{Choice, Field, Filled, Form},
    words,
};
use crate::{browser, messages as m, permissions::Roles};

const ROLES: &str = "roles";
const BENEFITS: &str = "benefits";
const RESERVATIONS: &str = "reservations";
const UNTIL: &str = "until";

/// All that there is on agreements of this programme (ROLE-01).
pub(crate) fn of(programme: Programme) -> Roles {
    let roles = Role::ALL.iter().copied().filter(|role| role.is_of(programme)).collect();
    Roles { roles, benefits: Benefit::ALL.to_vec(), reservations: true, until: None }.tidy()
}

/// The roles that are offered, each with what it allows; those that were chosen before are ticked. What comes with a role
/// shows once it is ticked.
pub(crate) fn choices(form: Form, legend: m::Text, offered: &Roles, chosen: &Roles) -> AnyView {
    let options = offered.roles.iter().map(|role| {
        let inner = match role {
            Role::SoftwareAssuranceManager if !offered.benefits.is_empty() => Some(benefits(form, offered, chosen)),
            Role::OnlineServicesManager if offered.reservations => Some(reservations(form, chosen)),
            _ => None,
        };
        Choice { inner, ..Choice::new(role.as_str(), words::role(*role)).hint(words::role_allows(*role)) }
    });
    let ticked: Vec<&str> = chosen.roles.iter().map(|role| role.as_str()).collect();
    form.checks(ROLES, legend, Some(m::CHOOSE_SEVERAL), &ticked, options.collect())
}

fn benefits(form: Form, offered: &Roles, chosen: &Roles) -> AnyView {
    let options = offered.benefits.iter().map(|benefit| Choice::new(benefit.as_str(), words::benefit(*benefit)));
    let ticked: Vec<&str> = chosen.benefits.iter().map(|benefit| benefit.as_str()).collect();
    form.checks(BENEFITS, m::WHICH_BENEFITS, None, &ticked, options.collect())
}

fn reservations(form: Form, chosen: &Roles) -> AnyView {
    let option = Choice::new("yes", m::MAY_RESERVE).hint(m::MAY_RESERVE_HINT);
    let ticked = chosen.reservations.then_some("yes");
    form.checks(RESERVATIONS, m::RESERVATIONS, None, ticked.as_slice(), vec![option])
}

/// What was ticked of what is offered; what is missing is said at its field.
pub(crate) fn chosen(form: Form, filled: &Filled, offered: &Roles) -> Roles {
    let (roles, benefits) = (filled.ticked(ROLES), filled.ticked(BENEFITS));
    let of = |all: &[String], name: &str| all.iter().any(|ticked| ticked == name);
    let chosen = Roles {
        roles: offered.roles.iter().copied().filter(|role| of(&roles, role.as_str())).collect(),
        benefits: offered.benefits.iter().copied().filter(|benefit| of(&benefits, benefit.as_str())).collect(),
        reservations: offered.reservations && !filled.ticked(RESERVATIONS).is_empty(),
        until: None,
    };
    let chosen = chosen.tidy();
    if chosen.roles.is_empty() {
        form.fault(ROLES, m::CHOOSE_ROLE);
    }
    let has_manager = chosen.roles.contains(&Role::SoftwareAssuranceManager);
    if has_manager && chosen.benefits.is_empty() && !offered.benefits.is_empty() {
        form.fault(BENEFITS, m::CHOOSE_BENEFIT);
    }
    chosen
}

/// The field for the last day.
pub(crate) fn until_field(form: Form, hint: impl Into<Words>, value: String) -> AnyView {
    form.field(Field { hint: Some(hint.into()), kind: "date", value, ..Field::text(UNTIL, m::LAST_DAY) })
}

/// The last day that was chosen, if one was; what is no day, or over, is said at the field.
pub(crate) fn until(form: Form, filled: &Filled) -> Option<String> {
    until_in(form, filled, UNTIL)
}

fn until_in(form: Form, filled: &Filled, field: &'static str) -> Option<String> {
    let day = filled.text(field);
    if day.is_empty() {
        return None;
    }
    if !browser::fits(&day, r"^\d{4}-\d\d-\d\d$") {
        form.fault(field, m::LAST_DAY_MALFORMED);
    } else if day < browser::today() {
        form.fault(field, m::LAST_DAY_OVER);
    }
    Some(day)
}

// ---- each role with its own last day ----

/// A role as it is edited: what comes with it, and its own last day (ROLE-09).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    role: Role,
    until: Option<String>,
    /// Each benefit with the day on which it ends before the role does.
    benefits: Vec<(Benefit, Option<String>)>,
    reservations: bool,
    /// The day on which reservations end before the role does.
    reservations_until: Option<String>,
}

/// What acts gave, role by role. It comes by its ends, what has none last, so that a role's own end is the last one.
pub(crate) fn held(given: &[Roles]) -> Vec<Held> {
    let of = |role: Role| {
        let parts = || given.iter().filter(move |part| part.roles.contains(&role));
        let until = parts().next_back()?.until.clone();
        let sooner = |part: &Roles| part.until.clone().filter(|_| part.until != until);
        let manages = role == Role::OnlineServicesManager;
        let reserving = || parts().find(|part| part.reservations && manages);
        let benefits = |part: &Roles| {
            let sooner = sooner(part);
            part.benefits.iter().map(|benefit| (*benefit, sooner.clone())).collect::<Vec<_>>()
        };
        Some(Held {
            role,
            benefits: match role {
                Role::SoftwareAssuranceManager => parts().flat_map(benefits).collect(),
                _ => Vec::new(),
            },
            reservations: reserving().is_some(),
            reservations_until: reserving().and_then(sooner),
            until: until.clone(),
        })
    };
    Role::ALL.iter().copied().filter_map(of).collect()
}

/// The same by its ends again, as the functions take it.
pub(crate) fn by_end(held: &[Held]) -> Vec<Roles> {
    let mut parts: Vec<Roles> = Vec::new();
    for it in held {
        let own = part_until(&mut parts, it.until.as_deref(), it.role);
        own.reservations |= it.reservations && it.reservations_until.is_none();
        for (benefit, sooner) in &it.benefits {
            let until = sooner.as_deref().or(it.until.as_deref());
            part_until(&mut parts, until, it.role).benefits.push(*benefit);
        }
        if let Some(sooner) = it.reservations_until.as_ref().filter(|_| it.reservations) {
            part_until(&mut parts, Some(sooner), it.role).reservations = true;
        }
    }
    browser::in_order(parts.into_iter(), |one, other| match (&one.until, &other.until) {
        (Some(one), Some(other)) => one < other,
        (one, other) => one.is_some() && other.is_none(),
    })
}

/// The part that ends then, which has this role.
fn part_until<'p>(parts: &'p mut Vec<Roles>, until: Option<&str>, role: Role) -> &'p mut Roles {
    let at = parts.iter().position(|part| part.until.as_deref() == until).unwrap_or_else(|| {
        parts.push(Roles { until: until.map(str::to_owned), ..Roles::default() });
        parts.len() - 1
    });
    let part = &mut parts[at];
    if !part.roles.contains(&role) {
        part.roles.push(role);
    }
    part
}

/// The field for a role's own last day.
const fn until_of(role: Role) -> &'static str {
    match role {
        Role::Administrator => "until-administrator",
        Role::LicensingInfo => "until-licensing-info",
        Role::Download => "until-download",
        Role::ProductKeys => "until-product-keys",
        Role::SoftwareAssuranceManager => "until-software-assurance-manager",
        Role::OnlineServicesManager => "until-online-services-manager",
        Role::SubscriptionsManager => "until-subscriptions-manager",
    }
}

/// The roles that are offered, each with its own last day; those that are held are ticked.
pub(crate) fn each(form: Form, legend: m::Text, offered: &Roles, all: &[Held]) -> AnyView {
    let options = offered.roles.iter().map(|role| {
        let it = all.iter().find(|it| it.role == *role);
        let mut inner = Vec::new();
        match role {
            Role::SoftwareAssuranceManager if !offered.benefits.is_empty() => {
                inner.push(benefits_of(form, offered, it.map_or(&[][..], |it| &it.benefits)));
            }
            Role::OnlineServicesManager if offered.reservations => {
                inner.push(reservations_of(form, it));
            }
            _ => {}
        }
        let label = m::LAST_DAY_OF.with(&[("role", words::role(*role).t())]);
        let value = it.and_then(|it| it.until.clone()).unwrap_or_default();
        inner.push(form.field(Field { kind: "date", value, ..Field::text(until_of(*role), label) }));
        let option = Choice::new(role.as_str(), words::role(*role)).hint(words::role_allows(*role));
        Choice { inner: Some(inner.into_any()), ..option }
    });
    let ticked: Vec<&str> = all.iter().map(|it| it.role.as_str()).collect();
    form.checks(ROLES, legend, Some(m::CHOOSE_SEVERAL), &ticked, options.collect())
}

/// What ends before its role does keeps its end.
fn sooner(option: Choice, until: Option<&String>) -> Choice {
    match until {
        Some(until) => option.hint(m::ENDS_BEFORE_ITS_ROLE.with(&[("until", &words::until(until))])),
        None => option,
    }
}

fn benefits_of(form: Form, offered: &Roles, held: &[(Benefit, Option<String>)]) -> AnyView {
    let options = offered.benefits.iter().map(|benefit| {
        let ends = held.iter().find(|(it, _)| it == benefit).and_then(|(_, ends)| ends.as_ref());
        sooner(Choice::new(benefit.as_str(), words::benefit(*benefit)), ends)
    });
    let ticked: Vec<&str> = held.iter().map(|(benefit, _)| benefit.as_str()).collect();
    form.checks(BENEFITS, m::WHICH_BENEFITS, None, &ticked, options.collect())
}

fn reservations_of(form: Form, held: Option<&Held>) -> AnyView {
    let option = Choice::new("yes", m::MAY_RESERVE);
    let option = match held.and_then(|it| it.reservations_until.as_ref()) {
        Some(until) => sooner(option, Some(until)),
        None => option.hint(m::MAY_RESERVE_HINT),
    };
    let ticked = held.filter(|it| it.reservations).map(|_| "yes");
    form.checks(RESERVATIONS, m::RESERVATIONS, None, ticked.as_slice(), vec![option])
}

/// What was ticked of what is offered, each role with its last day; what is missing is said at its field.
pub(crate) fn chosen_each(form: Form, filled: &Filled, offered: &Roles, before: &[Held]) -> Vec<Held> {
    let all = chosen(form, filled, offered);
    let of = |role: &Role| with_sooner(*role, until_in(form, filled, until_of(*role)), &all, before);
    all.roles.iter().map(of).collect()
}

/// A role that was ticked. What ended before it did still does, unless it would end after it now.
fn with_sooner(role: Role, until: Option<String>, all: &Roles, before: &[Held]) -> Held {
    let before = before.iter().find(|it| it.role == role);
    let sooner = |ends: Option<&Option<String>>| {
        let ends = ends.and_then(Option::clone);
        ends.filter(|ends| until.as_ref().is_none_or(|until| ends < until))
    };
    let benefit = |benefit: &Benefit| {
        let had = before.and_then(|it| it.benefits.iter().find(|(it, _)| it == benefit));
        (*benefit, sooner(had.map(|(_, ends)| ends)))
    };
    let benefits = match role {
        Role::SoftwareAssuranceManager => all.benefits.iter().map(benefit).collect(),
        _ => Vec::new(),
    };
    let reservations = role == Role::OnlineServicesManager && all.reservations;
    let reservations_until = sooner(before.map(|it| &it.reservations_until)).filter(|_| reservations);
    Held { role, until, benefits, reservations, reservations_until }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// REQ-01 ROLE-01 what can be asked for depends on the programme.
    #[test]
    fn req_01_only_roles_of_the_programme_are_offered() {
        let master = of(Programme::Master);
        assert_eq!(master.roles, [Role::Administrator, Role::LicensingInfo]);
        assert!(master.benefits.is_empty() && !master.reservations);
        let open = of(Programme::OpenLicence);
        assert_eq!((open.roles.len(), open.benefits.len(), open.reservations), (7, 8, true));
    }

    /// A part of what was given.
    fn part(roles: &[Role], benefits: &[Benefit], reservations: bool, until: Option<&str>) -> Roles {
        Roles { roles: roles.to_vec(), benefits: benefits.to_vec(), reservations, until: until.map(str::to_owned) }
    }

    /// ROLE-09 what acts gave is edited role by role and comes back by its ends as it was.
    #[test]
    fn role_09_what_was_given_is_edited_role_by_role() {
        use Benefit::{HomeUse, Software, Support};
        use Role::{Administrator, Download, OnlineServicesManager as Online, SoftwareAssuranceManager as Assurance};
        let given = [
            part(&[Assurance, Online], &[HomeUse], true, Some("2027-02-23")),
            part(&[Download, Assurance], &[Support, Software], false, Some("2027-05-31")),
            part(&[Administrator, Online], &[], false, None),
        ];
        let all = held(&given);
        assert_eq!(all.iter().map(|it| it.role).collect::<Vec<_>>(), [Administrator, Download, Assurance, Online]);
        assert_eq!(all[2].until.as_deref(), Some("2027-05-31"));
        assert_eq!(all[2].benefits, [(HomeUse, Some("2027-02-23".into())), (Support, None), (Software, None)]);
        assert_eq!(
            all[3],
            Held {
                role: Online,
                until: None,
                benefits: vec![],
                reservations: true,
                reservations_until: Some("2027-02-23".into()),
            }
        );
        assert_eq!(by_end(&all), given);
        assert_eq!(held(&[]), []);

        // What ended before its role did keeps its end, unless the role now ends before that.
        let ticked = part(&[Assurance, Online], &[HomeUse, Support], true, None);
        let longer = with_sooner(Assurance, None, &ticked, &all);
        assert_eq!(longer.benefits, [(HomeUse, Some("2027-02-23".into())), (Support, None)]);
        let shorter = with_sooner(Assurance, Some("2027-01-31".into()), &ticked, &all);
        assert_eq!(shorter.benefits, [(HomeUse, None), (Support, None)]);
        let reserves = |before: &[Held]| {
            let it = with_sooner(Online, None, &ticked, before);
            (it.reservations, it.reservations_until)
        };
        assert_eq!(reserves(&all), (true, Some("2027-02-23".into())));
        assert_eq!(reserves(&[]), (true, None));
        assert_eq!(by_end(&[shorter]), [part(&[Assurance], &[HomeUse, Support], false, Some("2027-01-31"))]);
    }
}
