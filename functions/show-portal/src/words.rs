//! Words in files, as the pages have them: they stand beside the machine's, so that people and programs both find theirs.

use licensing::{
    ContactName, Date, Programme, Timestamp, phase::Phase, rights::Role, roles::Benefit, running::Running,
};

pub(crate) const fn programme(programme: Programme) -> &'static str {
    match programme {
        Programme::Enterprise => "Enterprise",
        Programme::Select => "Select",
        Programme::SelectPlus => "Select Plus",
        Programme::OpenValue => "Open Value",
        Programme::OpenLicence => "Open Licence",
        Programme::Master => "Master agreement",
    }
}

pub(crate) const fn state(phase: Phase) -> &'static str {
    match phase {
        Phase::Stuck => "Nobody reached",
        Phase::Scheduled => "Scheduled",
        Phase::Invited => "Ready to activate",
        Phase::Provisioning => "Being set up",
        Phase::Activated => "Activated",
        Phase::Expired => "Link expired",
    }
}

pub(crate) const fn running(state: Running) -> &'static str {
    match state {
        Running::ToCome => "Begins later",
        Running::Active => "Active",
        Running::Ending => "Ends soon",
        Running::Ended => "Ended",
    }
}

pub(crate) const fn role(role: Role) -> &'static str {
    match role {
        Role::Administrator => "Administrator",
        Role::LicensingInfo => "Licensing Info",
        Role::Download => "Download",
        Role::ProductKeys => "Product Keys",
        Role::SoftwareAssuranceManager => "Software Assurance Manager",
        Role::OnlineServicesManager => "Online Services Manager",
        Role::SubscriptionsManager => "Subscriptions Manager",
    }
}

pub(crate) const fn benefit(benefit: Benefit) -> &'static str {
    match benefit {
        Benefit::PlanningServices => "Planning services",
        Benefit::TrainingVouchers => "Training vouchers",
        Benefit::ELearning => "E-learning",
        Benefit::EmployeePurchase => "Employee purchase",
        Benefit::HomeUse => "Home use",
        Benefit::TechnicalSubscription => "Technical subscription",
        Benefit::Support => "24x7 support",
        Benefit::Software => "Software",
    }
}

/// A last day as pages say it: `until the end of 23 February 2027 (UTC)`.
pub(crate) fn until(day: &str) -> String {
    let day = day.parse::<Date>().map_or_else(|_| day.to_owned(), |day| day.strftime("%-d %B %Y").to_string());
    format!("until the end of {day} (UTC)")
}

pub(crate) const fn contact(name: ContactName) -> &'static str {
    match name {
        ContactName::Primary => "Primary contact",
        ContactName::Notices => "Notices contact",
        ContactName::OnlineAdministrator => "Online Administrator",
        ContactName::SoftwareAssuranceManager => "Software Assurance Manager",
        ContactName::OnlineServicesManager => "Online Services Manager",
        ContactName::SubscriptionsManager => "Subscriptions Manager",
        ContactName::BillTo => "Bill-to contact",
    }
}

/// Who did something, where no name is told.
pub(crate) fn actor(actor: &str) -> String {
    match actor {
        "person" => "A person".to_owned(),
        "operator" => "Support".to_owned(),
        "link-holder" => "Holder of the link".to_owned(),
        "administrator" => "An administrator of the account".to_owned(),
        "service" => "The service itself".to_owned(),
        other => spelled(other),
    }
}

/// `activation.revival-asked` becomes `Activation revival asked`.
pub(crate) fn spelled(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(char::to_uppercase);
    let rest = letters.map(|letter| if matches!(letter, '-' | '_' | '.') { ' ' } else { letter });
    first.into_iter().flatten().chain(rest).collect()
}

/// A time with its zone in digits: some spreadsheets drop the zone of one that ends in `Z`.
pub(crate) fn time(at: Timestamp) -> String {
    let text = at.to_string();
    text.strip_suffix('Z').map(|local| [local, "+00:00"].concat()).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the pages say, by the name of the text.
    fn on_pages(name: &str) -> &'static str {
        let all = include_str!("../../../frontend/src/messages.rs");
        let line = all.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(" \""));
        line.and_then(|line| line.strip_suffix("\";")).unwrap_or_else(|| panic!("the pages have no {name}"))
    }

    /// UI-03 files say what pages say: whoever exports a list finds its words again.
    #[test]
    fn ui_03_files_and_pages_use_the_same_words() {
        let text = |machine: &str| on_pages(&machine.to_uppercase().replace('-', "_"));
        for each in [
            Programme::Enterprise,
            Programme::Select,
            Programme::SelectPlus,
            Programme::OpenValue,
            Programme::OpenLicence,
            Programme::Master,
        ] {
            assert_eq!(programme(each), text(each.as_str()));
        }
        for (each, name) in [
            (Phase::Stuck, "STUCK"),
            (Phase::Scheduled, "SCHEDULED"),
            (Phase::Invited, "INVITED"),
            (Phase::Provisioning, "PROVISIONING"),
            (Phase::Activated, "ACTIVATED"),
            (Phase::Expired, "EXPIRED"),
        ] {
            assert_eq!(state(each), on_pages(name));
        }
        for each in [
            Role::Administrator,
            Role::LicensingInfo,
            Role::Download,
            Role::ProductKeys,
            Role::SoftwareAssuranceManager,
            Role::OnlineServicesManager,
            Role::SubscriptionsManager,
        ] {
            assert_eq!(role(each), text(each.as_str()));
        }
        for (each, name) in [
            (ContactName::Primary, "PRIMARY_CONTACT"),
            (ContactName::Notices, "NOTICES_CONTACT"),
            (ContactName::OnlineAdministrator, "ONLINE_ADMINISTRATOR"),
            (ContactName::SoftwareAssuranceManager, "SOFTWARE_ASSURANCE_MANAGER"),
            (ContactName::OnlineServicesManager, "ONLINE_SERVICES_MANAGER"),
            (ContactName::SubscriptionsManager, "SUBSCRIPTIONS_MANAGER"),
            (ContactName::BillTo, "BILL_TO_CONTACT"),
        ] {
            assert_eq!(contact(each), on_pages(name));
        }
        for each in ["person", "operator", "link-holder", "administrator", "service"] {
            assert_eq!(actor(each), text(&["actor-", each].concat()));
        }
        assert_eq!(spelled("activation.revival-asked"), "Activation revival asked");
        assert_eq!(time("2026-11-22T09:00:00Z".parse().expect("a time")), "2026-11-22T09:00:00+00:00");
    }
}
