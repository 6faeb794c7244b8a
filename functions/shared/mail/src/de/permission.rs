//! The letters about permissions, in German.

use std::collections::BTreeSet;

use licensing::{
    Address, Licence, Timestamp,
    request::{Asked, Nobody},
    roles::{Benefit, Role},
    when::{Date, start_of},
};

use super::{action, date, days, heading, moment, para, programme, until};
use crate::{
    letter::{Context, Outsider, Permission, not_granted},
    sheet::{Block, brief, fact, grouped, is_blank, own, said},
};

/// A subject with what stands below it.
type Words = (String, Vec<Block>);

pub(super) fn asked(
    of: &Permission,
    (name, comment): (&str, &str),
    ends_at: Timestamp,
    link: &str,
    changed: bool,
) -> Words {
    let (address, customer) = (own(of.address.as_str()), fact(&of.customer));
    let mut rows = Vec::new();
    if !is_blank(name) {
        rows.push(("Name", fact(name)));
    }
    if !is_blank(comment) {
        rows.push(("Kommentar", said(comment)));
    }
    rows.push(("Entscheidung möglich", until(ends_at)));
    let (subject, first, what) = if changed {
        (
            format!("Geändert: {address} bittet um Berechtigungen, {}", title(of)),
            format!(
                "{address} hat die Bitte um Berechtigungen für eine Lizenz von {customer} geändert. Sie verwalten diese Lizenz."
            ),
            "Die frühere Bitte gilt nicht mehr. Die Person bittet jetzt um:",
        )
    } else {
        (
            format!("Bitte entscheiden: {address} bittet um Berechtigungen, {}", title(of)),
            format!("{address} bittet um Berechtigungen für eine Lizenz von {customer}. Sie verwalten diese Lizenz."),
            "Die Person bittet um:",
        )
    };
    let mut blocks = vec![para(first), facts(of, rows), para(what), points(&of.asked), action("Anfrage ansehen", link)];
    blocks.push(para(format!("Lehnen Sie ab, wenn Sie die Person nicht kennen. {HOW_TO_DECIDE}")));
    blocks.push(para(EVERYBODY_IS_ASKED));
    (subject, blocks)
}

pub(super) fn reminder(
    of: &Permission,
    outsider: bool,
    (asked_at, ends_at): (Timestamp, Timestamp),
    link: &str,
    by_asker: bool,
) -> Words {
    let (address, customer) = (own(of.address.as_str()), fact(&of.customer));
    let first =
        format!("Noch hat niemand entschieden: {address} bittet um Berechtigungen für eine Lizenz von {customer}.");
    let why = if by_asker {
        "Die Person hat uns gebeten, alle zu erinnern, die die Lizenz verwalten."
    } else {
        "Sie erhalten diese Erinnerung, weil Sie die Lizenz verwalten."
    };
    let mut blocks = vec![para(format!("{first} {why}"))];
    blocks.extend(outsider.then(|| para(FROM_OUTSIDE)));
    blocks.push(facts(of, vec![("Angefragt am", moment(asked_at)), ("Entscheidung möglich", until(ends_at))]));
    blocks.extend([para("Die Person bittet um:"), points(&of.asked), action("Anfrage ansehen", link)]);
    blocks.extend([para(HOW_TO_DECIDE), para(EVERYBODY_IS_ASKED)]);
    (format!("Noch offen: {address} bittet um Berechtigungen, {}", title(of)), blocks)
}

pub(super) fn digest(licence: &Licence, customer: &str, requests: &[Outsider], others: u64, portal: &str) -> Words {
    let all = requests.len() as u64 + others;
    let count =
        if all == 1 { "1 Anfrage von außen".to_owned() } else { format!("{} Anfragen von außen", grouped(all, '.')) };
    let mut blocks = vec![
        para(format!(
            "Personen außerhalb Ihrer Organisation bitten um Berechtigungen für eine Lizenz von {}. Sie verwalten diese Lizenz.",
            fact(customer)
        )),
        para(
            "Keine ihrer E-Mail-Adressen gehört zu einer Domain Ihrer Organisation. Klären Sie, wer die Personen sind, bevor Sie zustimmen.",
        ),
        Block::Facts(of_licence(licence, customer)),
    ];
    for Outsider { address, asked, link } in requests {
        blocks.push(Block::Facts(with_until(vec![("E-Mail-Adresse".to_owned(), own(address.as_str()))], asked)));
        blocks.extend([points(asked), action("Anfrage ansehen", link)]);
    }
    blocks.push(para(format!("Namen und Kommentare sehen Sie nach der Anmeldung. {HOW_TO_DECIDE}")));
    blocks.push(para(format!("Solche Anfragen senden wir einmal am Tag. {EVERYBODY_IS_ASKED}")));
    if others > 0 {
        blocks.push(para(format!("Und {} weitere: Melden Sie sich an, um sie zu sehen.", grouped(others, '.'))));
        blocks.push(action("Alle Anfragen ansehen", portal));
    }
    (format!("Bitte entscheiden: {count} zu Berechtigungen, {}", named(licence, customer)), blocks)
}

pub(super) fn undecided(
    context: &Context<'_>,
    of: &Permission,
    outsider: bool,
    (asked_at, ends_at): (Timestamp, Timestamp),
    link: &str,
) -> Words {
    let (address, customer) = (own(of.address.as_str()), fact(&of.customer));
    let span = days(context.policy.requests.undecided_days);
    let mut blocks = vec![
        para(format!(
            "{address} bittet um Berechtigungen für eine Lizenz von {customer}. Die Anfrage ist seit längerem offen ({span}): Niemand hat entschieden."
        )),
        para("Sie erhalten diese E-Mail, weil Sie als Kontakt für Mitteilungen dieser Lizenz eingetragen sind."),
    ];
    blocks.extend(outsider.then(|| para(FROM_OUTSIDE)));
    blocks.push(facts(of, vec![("Angefragt am", moment(asked_at)), ("Entscheidung möglich", until(ends_at))]));
    blocks.extend([para("Die Person bittet um:"), points(&of.asked), action("Anfrage ansehen", link)]);
    blocks.push(para(format!("{HOW_TO_DECIDE} Entscheidet niemand, endet die Anfrage von selbst.")));
    (format!("Niemand hat entschieden ({span}): Bitte um Berechtigungen, {}", title(of)), blocks)
}

pub(super) fn withdrawn(of: &Permission, at: Timestamp) -> Words {
    let (address, customer) = (own(of.address.as_str()), fact(&of.customer));
    (
        format!("Zurückgezogen: Bitte von {address} um Berechtigungen, {}", title(of)),
        vec![
            para(format!(
                "{address} hat die Bitte um Berechtigungen für eine Lizenz von {customer} zurückgezogen. Sie brauchen nichts zu tun."
            )),
            facts(of, vec![("Zurückgezogen am", moment(at))]),
            para("Die Person hatte gebeten um:"),
            points(&of.asked),
        ],
    )
}

pub(super) fn handled(of: &Permission, granted: Option<&Asked>, by: &Address, at: Timestamp, portal: &str) -> Words {
    let address = own(of.address.as_str());
    let (outcome, what, list) = match granted {
        None => ("abgelehnt", "Die Person hatte gebeten um:", &of.asked),
        Some(granted) if not_granted(&of.asked, granted).is_none() => ("zugestimmt", "Die Person hat jetzt:", granted),
        Some(granted) => ("teilweise zugestimmt", "Die Person hat jetzt:", granted),
    };
    let rows =
        vec![("Ergebnis", outcome.to_owned()), ("Entschieden von", own(by.as_str())), ("Entschieden am", moment(at))];
    let blocks = vec![
        para(format!(
            "Jemand hat über die Bitte von {address} um Berechtigungen für eine Lizenz von {} entschieden. Sie brauchen nichts zu tun.",
            fact(&of.customer)
        )),
        facts(&Permission { asked: list.clone(), ..of.clone() }, rows),
        para(what),
        points(list),
        action("Anfragen ansehen", portal),
    ];
    (format!("Entschieden: {address} und Berechtigungen, {}", title(of)), blocks)
}

pub(super) fn decided(of: &Permission, granted: Option<&Asked>, message: &str, portal: &str) -> Words {
    let number = whole(&of.licence);
    let mut rows = vec![("Lizenz-ID".to_owned(), number.clone())];
    if granted.is_some() {
        rows.push(("Organisation".to_owned(), fact(&of.customer)));
    }
    rows.push(("Ihre E-Mail-Adresse".to_owned(), own(of.address.as_str())));
    if let Some(granted) = granted {
        rows = with_until(rows, granted);
    }
    if !is_blank(message) {
        rows.push(("Nachricht".to_owned(), said(message)));
    }
    let Some(granted) = granted else {
        return (
            format!("Abgelehnt: Ihre Bitte um Berechtigungen für {number}"),
            vec![
                para(format!(
                    "Jemand, der die Lizenz verwaltet, hat Ihre Bitte um Berechtigungen für {number} abgelehnt. Ihre Berechtigungen bleiben, wie sie waren."
                )),
                Block::Facts(rows),
                para("Sie hatten gebeten um:"),
                points(&of.asked),
                para(
                    "Brauchen Sie es weiterhin? Dann können Sie noch einmal fragen und in einem Kommentar sagen, warum.",
                ),
                action("Ihre Anfragen ansehen", portal),
            ],
        );
    };
    let rest = not_granted(&of.asked, granted);
    let first = if rest.is_some() { "hat einem Teil Ihrer Bitte" } else { "hat Ihrer Bitte" };
    let mut blocks = vec![
        para(format!(
            "Jemand, der die Lizenz verwaltet, {first} um Berechtigungen für {number} zugestimmt. Ihre neuen Berechtigungen gelten ab sofort."
        )),
        Block::Facts(rows),
        para("Sie haben jetzt:"),
        points(granted),
    ];
    if let Some(rest) = &rest {
        blocks.extend([para("Nicht zugestimmt wurde zu:"), points(rest)]);
    }
    blocks.push(para("Melden Sie sich dafür mit dieser E-Mail-Adresse an, oder mit einer anderen desselben Profils."));
    blocks.push(action("Ihre Berechtigungen ansehen", portal));
    let word = if rest.is_some() { "Teilweise zugestimmt" } else { "Zugestimmt" };
    (format!("{word}: Ihre Bitte um Berechtigungen für {number}"), blocks)
}

pub(super) fn ended(context: &Context<'_>, of: &Permission, with_agreement: bool, portal: &str) -> Words {
    let (number, support) = (whole(&of.licence), own(&context.publisher.support));
    let (subject, first, steps) = if with_agreement {
        (
            format!("Beendet: Ihre Bitte um Berechtigungen für {number}"),
            format!(
                "Ihre Bitte um Berechtigungen für {number} ist beendet, weil der Vertrag beendet ist. Niemand hatte entschieden."
            ),
            vec![
                "Fragen Sie im Kollegium oder bei Ihrem Händler, welcher Vertrag folgt, und bitten Sie dort um Berechtigungen."
                    .to_owned(),
                format!("Oder schreiben Sie an {support} und nennen Sie die Lizenz-ID."),
            ],
        )
    } else {
        (
            format!("Niemand hat entschieden: Ihre Bitte um Berechtigungen für {number}"),
            format!(
                "Ihre Bitte um Berechtigungen für {number} ist abgelaufen. Innerhalb der Frist ({}) hat niemand entschieden.",
                days(context.policy.requests.days)
            ),
            vec![
                "Prüfen Sie Programm und Nummer. Stimmen sie, fragen Sie noch einmal.".to_owned(),
                "Fragen Sie Ihren Händler, wer die Lizenz verwaltet, und sprechen Sie die Person auf Ihre Bitte an."
                    .to_owned(),
                format!("Oder schreiben Sie an {support} und nennen Sie die Lizenz-ID."),
            ],
        )
    };
    let blocks = vec![
        para(first),
        Block::Facts(of_asker(of)),
        para("Sie hatten gebeten um:"),
        points(&of.asked),
        heading("Was Sie tun können"),
        Block::Points(steps),
        action("Ihre Anfragen ansehen", portal),
    ];
    (subject, blocks)
}

pub(super) fn nobody_decides(context: &Context<'_>, of: &Permission, why: Nobody, portal: &str) -> Words {
    let (number, support) = (whole(&of.licence), own(&context.publisher.support));
    let reason = match why {
        Nobody::Unknown => "Eine Lizenz mit dieser Nummer kennen wir nicht.",
        Nobody::NoAdministrator => "Niemand verwaltet diese Lizenz und könnte entscheiden.",
        Nobody::Unreachable => "Per E-Mail erreichen wir niemanden, der diese Lizenz verwaltet.",
    };
    let mut steps = match why {
        Nobody::Unknown => {
            vec!["Prüfen Sie Programm und Nummer in Ihren Unterlagen. Stimmen sie nicht, fragen Sie noch einmal.".to_owned()]
        }
        Nobody::NoAdministrator => vec![
            "Bitten Sie, wer den Vertrag unterschrieben hat, oder Ihren Händler, eine Person für die Verwaltung zu benennen."
                .to_owned(),
        ],
        Nobody::Unreachable => vec![
            "Fragen Sie im Kollegium oder bei Ihrem Händler, wer die Lizenz verwaltet. Sprechen Sie die Person auf Ihre Bitte an."
                .to_owned(),
        ],
    };
    steps.push(format!("Oder schreiben Sie an {support} und nennen Sie die Lizenz-ID."));
    (
        format!("Niemand kann entscheiden: Ihre Bitte um Berechtigungen für {number}"),
        vec![
            para(format!(
                "Sie haben um Berechtigungen für {number} gebeten. {reason} Der Support sieht das auch, und Ihre Bitte bleibt offen."
            )),
            Block::Facts(of_asker(of)),
            para("Sie bitten um:"),
            points(&of.asked),
            heading("Was Sie tun können"),
            Block::Points(steps),
            action("Ihre Anfragen ansehen", portal),
        ],
    )
}

pub(super) fn gave_up(
    context: &Context<'_>,
    licence: &Licence,
    customer: &str,
    (address, keeps): (&Address, &BTreeSet<Role>),
    portal: &str,
) -> Words {
    let mut rows = of_licence(licence, customer);
    rows.push(("Ihre E-Mail-Adresse".to_owned(), own(address.as_str())));
    let customer_name = fact(customer);
    let first = if keeps.is_empty() {
        format!(
            "Sie haben alle Berechtigungen aufgegeben, die Ihre E-Mail-Adresse für eine Lizenz von {customer_name} hatte. Sie gelten nicht mehr."
        )
    } else {
        format!(
            "Sie haben die Berechtigungen aufgegeben, die Ihre E-Mail-Adresse für eine Lizenz von {customer_name} selbst hatte. Sie gelten nicht mehr."
        )
    };
    let mut blocks = vec![para(first), Block::Facts(rows)];
    if !keeps.is_empty() {
        blocks.push(para("Diese Berechtigungen behalten Sie, weil ein übergeordneter Vertrag sie Ihnen gibt:"));
        blocks.push(points(&Asked { roles: keeps.clone(), ..Asked::default() }));
    }
    blocks.extend([
        para(
            "Neue Bestellungen und Einträge im Vertrag bringen nicht zurück, was Sie aufgegeben haben. Wer die Lizenz verwaltet, kann Ihnen wieder Berechtigungen geben.",
        ),
        para(format!(
            "Brauchen Sie sie wieder? Bitten Sie im Portal darum. Waren Sie das nicht? Schreiben Sie an {}.",
            own(&context.publisher.support)
        )),
        action("Um Berechtigungen bitten", portal),
    ]);
    (format!("Sie haben Ihre Berechtigungen aufgegeben: {}", named(licence, customer)), blocks)
}

pub(super) fn administrator_changed(
    context: &Context<'_>,
    licence: &Licence,
    customer: &str,
    address: &Address,
    (made, loaded): (bool, bool),
) -> Words {
    let (address, customer_name) = (own(address.as_str()), fact(customer));
    let (subject, now) = if made {
        ("Neu in der Verwaltung", format!("{address} verwaltet jetzt eine Lizenz von {customer_name}."))
    } else {
        ("Nicht mehr in der Verwaltung", format!("{address} verwaltet eine Lizenz von {customer_name} nicht mehr."))
    };
    let publisher = fact(&context.publisher.name);
    let mut blocks = vec![
        para(if loaded {
            format!("{now} Das stammt aus Daten, die {publisher} geladen hat.")
        } else {
            format!("{now} Das hat jemand im Portal veranlasst, der die Lizenz verwaltet.")
        }),
        Block::Facts(of_licence(licence, customer)),
    ];
    blocks.extend(
        made.then(|| {
            para("Wer die Lizenz verwaltet, darf dort alles und entscheidet über die Berechtigungen anderer.")
        }),
    );
    blocks.push(para(format!(
        "Sie erhalten diese E-Mail als Kontakt für Mitteilungen oder Hauptkontakt. Stimmt das nicht? Schreiben Sie an {}.",
        own(&context.publisher.support)
    )));
    (format!("{subject}: {}", named(licence, customer)), blocks)
}

const HOW_TO_DECIDE: &str = "Das Öffnen des Links ändert nichts. Ablehnen können Sie ohne Anmeldung. Um allem oder einem Teil zuzustimmen, melden Sie sich dort an.";
const EVERYBODY_IS_ASKED: &str = "Alle, die die Lizenz verwalten, erhalten diese E-Mail: Die erste Entscheidung gilt. Entscheidet niemand, endet die Anfrage von selbst.";
const FROM_OUTSIDE: &str = "Die Person ist von außen: Keine ihrer E-Mail-Adressen gehört zu einer Domain Ihrer Organisation. Klären Sie, wer sie ist, bevor Sie zustimmen.";

/// One role a point, each with what comes with it.
pub(super) fn points(asked: &Asked) -> Block {
    let benefits: Vec<&str> = asked.benefits.iter().map(|benefit| benefit_word(*benefit)).collect();
    let benefits = benefits.join(", ");
    let mut points: Vec<String> = asked
        .roles
        .iter()
        .map(|role| match role {
            Role::Administrator => format!("{}: alles, auch die Berechtigungen anderer", role_name(*role)),
            Role::SoftwareAssuranceManager if !benefits.is_empty() => format!("{}: {benefits}", role_name(*role)),
            Role::OnlineServicesManager if asked.reservations => {
                format!("{}, auch von Reservierungen", role_name(*role))
            }
            _ => role_name(*role).to_owned(),
        })
        .collect();
    // Where the role itself is not in question.
    if !asked.roles.contains(&Role::SoftwareAssuranceManager) && !benefits.is_empty() {
        points.push(format!("Bei „{}“: {benefits}", role_name(Role::SoftwareAssuranceManager)));
    }
    if !asked.roles.contains(&Role::OnlineServicesManager) && asked.reservations {
        points.push(format!("Bei „{}“: Verwaltung von Reservierungen", role_name(Role::OnlineServicesManager)));
    }
    Block::Points(points)
}

const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Administrator => "Verwaltung der Lizenz",
        Role::LicensingInfo => "Lizenzinformationen",
        Role::Download => "Downloads",
        Role::ProductKeys => "Produktschlüssel",
        Role::SoftwareAssuranceManager => "Verwaltung von Software Assurance",
        Role::OnlineServicesManager => "Verwaltung von Online-Diensten",
        Role::SubscriptionsManager => "Verwaltung von Abonnements",
    }
}

const fn benefit_word(benefit: Benefit) -> &'static str {
    match benefit {
        Benefit::PlanningServices => "Planungsleistungen",
        Benefit::TrainingVouchers => "Schulungsgutscheine",
        Benefit::ELearning => "E-Learning",
        Benefit::EmployeePurchase => "Einkauf durch Beschäftigte",
        Benefit::HomeUse => "Nutzung zu Hause",
        Benefit::TechnicalSubscription => "technisches Abonnement",
        Benefit::Support => "Support rund um die Uhr",
        Benefit::Software => "Software",
    }
}

fn facts(of: &Permission, more: Vec<(&str, String)>) -> Block {
    let mut rows = of_licence(&of.licence, &of.customer);
    rows.push(("E-Mail-Adresse".to_owned(), own(of.address.as_str())));
    rows = with_until(rows, &of.asked);
    rows.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Block::Facts(rows)
}

/// What a letter to who asked says beside the number: nothing that they did not know.
fn of_asker(of: &Permission) -> Vec<(String, String)> {
    let rows = vec![
        ("Lizenz-ID".to_owned(), whole(&of.licence)),
        ("Ihre E-Mail-Adresse".to_owned(), own(of.address.as_str())),
    ];
    with_until(rows, &of.asked)
}

pub(super) fn of_licence(licence: &Licence, customer: &str) -> Vec<(String, String)> {
    vec![("Lizenz-ID".to_owned(), masked(licence)), ("Organisation".to_owned(), fact(customer))]
}

/// ROLE-09: permissions may have an end.
fn with_until(mut rows: Vec<(String, String)>, asked: &Asked) -> Vec<(String, String)> {
    rows.extend(asked.until.map(|day| ("Berechtigung".to_owned(), end_of(day))));
    rows
}

fn end_of(day: Date) -> String {
    format!("bis einschließlich {} (UTC)", date(start_of(day)))
}

fn title(of: &Permission) -> String {
    named(&of.licence, &of.customer)
}

pub(super) fn named(licence: &Licence, customer: &str) -> String {
    format!("{}, {}", masked(licence), brief(customer))
}

fn masked(licence: &Licence) -> String {
    format!("{} {}", programme(licence.programme), own(&licence.masked_number()))
}

/// As who asked typed it: only for them.
fn whole(licence: &Licence) -> String {
    format!("{} {}", programme(licence.programme), brief(licence.number.as_str()))
}
