//! The names of programmes, roles, states and rules as people read them.

use api::activations::{MailState, Phase};
use leptos::prelude::*;
use licensing::{
    ContactName, Licence, ProductKind, Programme,
    judge::Rule,
    roles::{Benefit, Role},
};

use super::html::{day, list, tag, text, time};
use crate::{browser, messages as m, permissions::Roles};

pub(crate) const fn programme(programme: Programme) -> m::Text {
    match programme {
        Programme::Enterprise => m::ENTERPRISE,
        Programme::Select => m::SELECT,
        Programme::SelectPlus => m::SELECT_PLUS,
        Programme::OpenValue => m::OPEN_VALUE,
        Programme::OpenLicence => m::OPEN_LICENCE,
        Programme::Master => m::MASTER,
    }
}

/// `Enterprise 88590039`.
pub(crate) fn licence(licence: &Licence) -> String {
    [programme(licence.programme).t(), " ", licence.number.as_str()].concat()
}

pub(crate) const fn contact(name: ContactName) -> m::Text {
    match name {
        ContactName::Primary => m::PRIMARY_CONTACT,
        ContactName::Notices => m::NOTICES_CONTACT,
        ContactName::OnlineAdministrator => m::ONLINE_ADMINISTRATOR,
        ContactName::SoftwareAssuranceManager => m::SOFTWARE_ASSURANCE_MANAGER,
        ContactName::OnlineServicesManager => m::ONLINE_SERVICES_MANAGER,
        ContactName::SubscriptionsManager => m::SUBSCRIPTIONS_MANAGER,
        ContactName::BillTo => m::BILL_TO_CONTACT,
    }
}

pub(crate) const fn role(role: Role) -> m::Text {
    match role {
        Role::Administrator => m::ADMINISTRATOR,
        Role::LicensingInfo => m::LICENSING_INFO,
        Role::Download => m::DOWNLOAD,
        Role::ProductKeys => m::PRODUCT_KEYS,
        Role::SoftwareAssuranceManager => m::SOFTWARE_ASSURANCE_MANAGER,
        Role::OnlineServicesManager => m::ONLINE_SERVICES_MANAGER,
        Role::SubscriptionsManager => m::SUBSCRIPTIONS_MANAGER,
    }
}

/// What a role allows, in a line.
pub(crate) const fn role_allows(role: Role) -> m::Text {
    match role {
        Role::Administrator => m::ALLOWS_ADMINISTRATOR,
        Role::LicensingInfo => m::ALLOWS_LICENSING_INFO,
        Role::Download => m::ALLOWS_DOWNLOAD,
        Role::ProductKeys => m::ALLOWS_PRODUCT_KEYS,
        Role::SoftwareAssuranceManager => m::ALLOWS_SOFTWARE_ASSURANCE_MANAGER,
        Role::OnlineServicesManager => m::ALLOWS_ONLINE_SERVICES_MANAGER,
        Role::SubscriptionsManager => m::ALLOWS_SUBSCRIPTIONS_MANAGER,
    }
}

pub(crate) const fn benefit(benefit: Benefit) -> m::Text {
    match benefit {
        Benefit::PlanningServices => m::PLANNING_SERVICES,
        Benefit::TrainingVouchers => m::TRAINING_VOUCHERS,
        Benefit::ELearning => m::E_LEARNING,
        Benefit::EmployeePurchase => m::EMPLOYEE_PURCHASE,
        Benefit::HomeUse => m::HOME_USE,
        Benefit::TechnicalSubscription => m::TECHNICAL_SUBSCRIPTION,
        Benefit::Support => m::SUPPORT_24X7,
        Benefit::Software => m::SOFTWARE,
    }
}

/// Roles, each with what comes with it: `Software Assurance Manager: Planning services, Home use`.
pub(crate) fn roles_said(roles: &Roles) -> Vec<String> {
    roles.roles.iter().map(|role| role_with(*role, &roles.benefits, roles.reservations)).collect()
}

/// A role with what comes with it.
pub(crate) fn role_with(role: Role, benefits: &[Benefit], reservations: bool) -> String {
    let name = self::role(role).t();
    match role {
        Role::SoftwareAssuranceManager if !benefits.is_empty() => {
            let benefits = browser::joined(benefits.iter().map(|benefit| self::benefit(*benefit).t()), ", ");
            m::ROLE_WITH.with(&[("role", name), ("with", &benefits)])
        }
        Role::OnlineServicesManager if reservations => m::ROLE_WITH_RESERVATIONS.with(&[("role", name)]),
        _ => name.to_owned(),
    }
}

/// The same as a list; a single one is no list.
pub(crate) fn roles(roles: &Roles) -> AnyView {
    let mut said: Vec<AnyView> = roles_said(roles).into_iter().map(text).collect();
    if said.len() == 1 { said.remove(0) } else { list(said) }
}

/// A day that is still part of it: `the end of 31 May 2027`.
pub(crate) fn until(day: &str) -> String {
    m::UNTIL_THE_END.with(&[("day", &browser::day(day))])
}

pub(crate) const fn kind(kind: ProductKind) -> m::Text {
    match kind {
        ProductKind::OnlineService => m::ONLINE_SERVICE,
        ProductKind::KeyedService => m::KEYED_SERVICE,
        ProductKind::Consumption => m::CONSUMPTION,
        ProductKind::OnPremises => m::ON_PREMISES,
    }
}

/// The same as a sentence about what was bought.
pub(crate) const fn kind_is(kind: ProductKind) -> m::Text {
    match kind {
        ProductKind::OnlineService => m::IS_ONLINE_SERVICE,
        ProductKind::KeyedService => m::IS_KEYED_SERVICE,
        ProductKind::Consumption => m::IS_CONSUMPTION,
        ProductKind::OnPremises => m::IS_ON_PREMISES,
    }
}

/// The phases in the order of the filter.
pub(crate) const PHASES: [Phase; 6] =
    [Phase::Invited, Phase::Scheduled, Phase::Provisioning, Phase::Activated, Phase::Expired, Phase::Stuck];

pub(crate) fn phase(phase: Phase) -> AnyView {
    let class = match phase {
        Phase::Invited => "todo",
        Phase::Scheduled | Phase::Provisioning => "later",
        Phase::Activated => "good",
        Phase::Expired => "over",
        Phase::Stuck => "bad",
    };
    tag(class, phase_word(phase))
}

pub(crate) const fn phase_word(phase: Phase) -> m::Text {
    match phase {
        Phase::Invited => m::INVITED,
        Phase::Scheduled => m::SCHEDULED,
        Phase::Provisioning => m::PROVISIONING,
        Phase::Activated => m::ACTIVATED,
        Phase::Expired => m::EXPIRED,
        Phase::Stuck => m::STUCK,
    }
}

/// What the date of a phase is.
pub(crate) const fn date_of_phase(phase: Phase) -> m::Text {
    match phase {
        Phase::Invited => m::LINK_ENDS,
        Phase::Scheduled => m::MAIL_GOES_OUT,
        Phase::Provisioning => m::CONFIRMED_AT,
        Phase::Activated => m::ACTIVATED_AT,
        Phase::Expired => m::LINK_ENDED,
        Phase::Stuck => m::STUCK_SINCE,
    }
}

pub(crate) fn mail_state(state: MailState) -> AnyView {
    match state {
        MailState::Queued => tag("later", m::MAIL_QUEUED),
        MailState::Accepted => tag("later", m::MAIL_ACCEPTED),
        MailState::Delivered => tag("good", m::MAIL_DELIVERED),
        MailState::PutOff => tag("later", m::MAIL_PUT_OFF),
        MailState::GaveUp => tag("bad", m::MAIL_GIVEN_UP),
        MailState::Bounced => tag("bad", m::MAIL_BOUNCED),
        MailState::Complained => tag("bad", m::MAIL_COMPLAINED),
        MailState::Suppressed => tag("bad", m::MAIL_SUPPRESSED),
    }
}

/// What a rule asks.
pub(crate) const fn rule(rule: Rule) -> m::Text {
    match rule {
        Rule::Act02 => m::ASKS_ACT_02,
        Rule::Act03 => m::ASKS_ACT_03,
        Rule::Act04 => m::ASKS_ACT_04,
        Rule::Act05 => m::ASKS_ACT_05,
        Rule::Act06 => m::ASKS_ACT_06,
        Rule::Act07 => m::ASKS_ACT_07,
        Rule::Act08 => m::ASKS_ACT_08,
        Rule::Act09 => m::ASKS_ACT_09,
        Rule::Act10 => m::ASKS_ACT_10,
    }
}

/// What became of an order line when it was taken in.
pub(crate) fn outcome(outcome: &str) -> m::Text {
    match outcome {
        "none" => m::OUTCOME_NONE,
        "key-notice" => m::OUTCOME_KEY_NOTICE,
        "joined" => m::OUTCOME_JOINED,
        "added" => m::OUTCOME_ADDED,
        "assigned" => m::OUTCOME_ASSIGNED,
        "stuck" => m::OUTCOME_STUCK,
        "scheduled" => m::OUTCOME_SCHEDULED,
        "mail" => m::OUTCOME_MAIL,
        _ => m::OUTCOME_WAITING,
    }
}

/// `250 seats or units`, so many.
pub(crate) fn quantity(count: u64) -> String {
    let text = if count == 1 { m::ONE_SEAT } else { m::SEATS };
    text.with(&[("count", &browser::number(count))])
}

/// What a fact of the audit is.
pub(crate) fn audit_fact(name: &str) -> String {
    let known = match name {
        "account" => m::ACCOUNT,
        "address" => m::ADDRESS,
        "contact" => m::FACT_CONTACT,
        "country" => m::COUNTRY,
        "days" => m::FACT_DAYS,
        "expired-at" | "ended" => m::LINK_ENDED,
        "expires-at" => m::LINK_ENDS,
        "fields" => m::FACT_FIELDS,
        "from" => m::FACT_FROM,
        "line" => m::FACT_LINE,
        "link" => m::FACT_LINK,
        "order" => m::FACT_ORDER,
        "product" => m::PRODUCT_COLUMN,
        "quantity" => m::QUANTITY,
        "reason" => m::FACT_REASON,
        "revival" => m::REVIVALS,
        "rule" => m::FACT_RULE,
        "send-at" => m::MAIL_GOES_OUT,
        "state" => m::STATE,
        "to" => m::MAIL_TO,
        "with" => m::FACT_WITH,
        other => return spelled(other),
    };
    known.t().to_owned()
}

/// What a fact of the audit says.
pub(crate) fn audit_value(name: &str, value: &str) -> AnyView {
    let said = match name {
        "contact" => value.parse().ok().map(contact),
        "state" => PHASES.into_iter().find(|phase| phase.as_str() == value).map(phase_word),
        "rule" => decided(value),
        "with" if value == "code" => Some(m::WITH_CODE),
        "with" if value == "link" => Some(m::WITH_LINK),
        _ => None,
    };
    match said {
        Some(said) => text(said),
        None if name == "country" => text(browser::country(value)),
        None if name == "fields" => {
            let fields: Vec<String> = value.split(' ').map(spelled).collect();
            text(browser::joined(fields.iter().map(String::as_str), ", "))
        }
        None => self::value(value),
    }
}

/// What a rule decides, in a few words.
fn decided(rule: &str) -> Option<m::Text> {
    Some(match rule {
        "ACT-02" => m::DECIDED_ACT_02,
        "ACT-03" => m::DECIDED_ACT_03,
        "ACT-04" => m::DECIDED_ACT_04,
        "ACT-05" => m::DECIDED_ACT_05,
        "ACT-06" => m::DECIDED_ACT_06,
        "ACT-07" => m::DECIDED_ACT_07,
        "ACT-08" => m::DECIDED_ACT_08,
        "ACT-09" => m::DECIDED_ACT_09,
        "ACT-10" => m::DECIDED_ACT_10,
        _ => return None,
    })
}

/// What is said about something that this program has no name for: `usage-starts` becomes `Usage starts`.
pub(crate) fn spelled(name: &str) -> String {
    let mut spelled: String =
        name.chars().map(|letter| if matches!(letter, '-' | '_' | '.') { ' ' } else { letter }).collect();
    // Names are of ASCII; capitals of all scripts would be a table.
    if let Some(first) = spelled.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    spelled
}

/// A value as people read it within a sentence.
pub(crate) fn written(value: &str) -> String {
    match shape(value) {
        Shape::Instant => browser::date_and_time(value),
        Shape::Day => browser::day(value),
        Shape::Text => value.to_owned(),
    }
}

/// A value as people read it: points in time and days are shown as such.
pub(crate) fn value(value: &str) -> AnyView {
    match shape(value) {
        Shape::Instant => time(&api::Instant(value.to_owned())),
        Shape::Day => day(value),
        Shape::Text => text(value.to_owned()),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Shape {
    Instant,
    Day,
    Text,
}

fn shape(value: &str) -> Shape {
    let form: String = value.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    match form.as_str() {
        "0000-00-00" => Shape::Day,
        form if form.starts_with("0000-00-00T00:00:00") && form.ends_with('Z') => Shape::Instant,
        _ => Shape::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_among_the_evidence_are_recognised() {
        assert_eq!(shape("2026-05-31"), Shape::Day);
        assert_eq!(shape("2026-05-31T23:59:59Z"), Shape::Instant);
        assert_eq!(shape("2026-05-31T23:59:59.123Z"), Shape::Instant);
        assert_eq!(shape("j•••@contoso.example"), Shape::Text);
    }

    #[test]
    fn a_name_without_a_text_is_spelled() {
        assert_eq!(spelled("usage-starts"), "Usage starts");
        assert_eq!(spelled("activation.confirmed"), "Activation confirmed");
        assert_eq!(spelled(""), "");
    }
}
