//! The names of programmes, roles, states and rules as people read them.

use api::activations::{MailState, Phase};
use leptos::prelude::*;
use licensing::{
    ContactName, Licence, ProductKind, Programme,
    judge::Rule,
    roles::{Benefit, Role},
    running::Running,
};

use super::html::{day, link, list, tag, text, time};
use crate::{browser, messages as m, permissions::Roles, route::Route};

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

/// The same, leading to its page.
pub(crate) fn licence_link(it: &Licence) -> AnyView {
    link(Route::Licence(it.clone()).path(), licence(it))
}

/// Whether an agreement runs.
pub(crate) fn running(state: Running) -> AnyView {
    let class = match state {
        Running::Active => "good",
        Running::Ending => "over",
        Running::ToCome | Running::Ended => "later",
    };
    tag(class, running_word(state))
}

pub(crate) const fn running_word(state: Running) -> m::Text {
    match state {
        Running::ToCome => m::RUNS_LATER,
        Running::Active => m::RUNS_NOW,
        Running::Ending => m::RUNS_OUT,
        Running::Ended => m::RAN_OUT,
    }
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

/// A source in words, as import reports name it; one that this program has no words for is shown as it came.
pub(crate) fn source(source: &str, at: Option<&str>, by: Option<&str>, is_own: bool) -> String {
    let (kind, of) = source.split_once(':').unwrap_or((source, ""));
    let (own, other) = match kind {
        "contact" => (m::BECAUSE_CONTACT, m::BECAUSE_CONTACT_OTHER),
        "assigned" if at.is_some() => (m::BECAUSE_GRANTED_ON, m::BECAUSE_GRANTED_ON_OTHER),
        "assigned" => (m::BECAUSE_GRANTED, m::BECAUSE_GRANTED_OTHER),
        "migrated" => (m::BECAUSE_MIGRATED, m::BECAUSE_MIGRATED),
        "order" => (m::BECAUSE_ORDER, m::BECAUSE_ORDER),
        "claim" => (m::BECAUSE_CLAIM, m::BECAUSE_CLAIM),
        "parent" => (m::BECAUSE_PARENT, m::BECAUSE_PARENT_OTHER),
        "above" => (m::BECAUSE_ABOVE, m::BECAUSE_ABOVE_OTHER),
        _ => return spelled(source),
    };
    let contact = of.parse::<ContactName>().map_or_else(|_| spelled(of), |name| self::contact(name).t().into());
    let licence = of.parse::<Licence>().map_or_else(|_| of.to_owned(), |licence| self::licence(&licence));
    let values = [("contact", contact.as_str()), ("licence", &licence), ("time", at.unwrap_or_default())];
    let said = if is_own { own } else { other }.with(&values);
    match by {
        Some(who) => said + " " + &m::BECAUSE_GIVEN_BY.with(&[("who", &giver(who))]),
        None => said,
    }
}

/// Who gave it: a person by the address, one of the publisher's operators, or a loaded row.
fn giver(who: &str) -> String {
    match who.strip_prefix("operator:") {
        Some(name) => m::NAMED.with(&[("name", m::ACTOR_OPERATOR.t()), ("address", name)]),
        None if who == "row" => m::GIVEN_BY_ROW.t().to_owned(),
        None => who.to_owned(),
    }
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

    /// ROLE-06 each source is said in words, to the person and to an Administrator who looks at somebody else.
    #[test]
    fn role_06_sources_are_said_in_words() {
        let own = |name: &str| source(name, None, None, true);
        assert_eq!(own("contact:primary"), "You are the Primary contact of this agreement.");
        assert_eq!(own("contact:online-services-manager"), "You are the Online Services Manager of this agreement.");
        assert_eq!(source("assigned", Some("3 May"), None, true), "Someone granted it to you on 3 May.");
        assert_eq!(
            source("assigned", Some("3 May"), Some("b@c.example"), false),
            "Granted on 3 May. Given by b@c.example."
        );
        assert_eq!(
            source("assigned", None, Some("operator:Ann"), false),
            "Someone granted it. Given by Support (Ann)."
        );
        assert_eq!(source("assigned", None, Some("row"), false), "Someone granted it. Given by the publisher’s data.");
        assert_eq!(own("migrated:role-less"), "It was taken over from an earlier portal.");
        assert_eq!(own("parent:enterprise/12"), "You are Administrator of the agreement above, Enterprise 12.");
        assert_eq!(
            own("above:master/1/2"),
            "You are the primary or notices contact of an agreement above, Master agreement 1/2."
        );
        assert_eq!(source("contact:notices", None, None, false), "Notices contact of this agreement.");
        assert_eq!(own("standing-rule:7"), "Standing rule:7", "what is new is shown as it came");
    }

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
