//! Roles to choose from, with what comes with them, and their last day (REQ-01, APR-01, ROLE-09): for who asks and for who
//! decides.

use leptos::prelude::AnyView;
use licensing::roles::Role;

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
    let day = filled.text(UNTIL);
    if day.is_empty() {
        return None;
    }
    if !browser::fits(&day, r"^\d{4}-\d\d-\d\d$") {
        form.fault(UNTIL, m::LAST_DAY_MALFORMED);
    } else if day < browser::today() {
        form.fault(UNTIL, m::LAST_DAY_OVER);
    }
    Some(day)
}
