//! The letters about permissions, in English.

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
        rows.push(("Comment", said(comment)));
    }
    rows.push(("Decide by", until(ends_at)));
    let (subject, first, what) = if changed {
        (
            format!("Changed: {address} asks for permission on {}", title(of)),
            format!(
                "{address} has changed a request for permission on a licence of {customer}. You are one of its Administrators."
            ),
            "They no longer ask for what they asked for before. Now they ask for:",
        )
    } else {
        (
            format!("Please decide: {address} asks for permission on {}", title(of)),
            format!("{address} asks for permission on a licence of {customer}. You are one of its Administrators."),
            "They ask for:",
        )
    };
    let mut blocks = vec![para(first), facts(of, rows), para(what), points(&of.asked), action("See the request", link)];
    blocks.push(para(format!("Deny the request if you don’t know the person. {HOW_TO_DECIDE}")));
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
    let first = format!("Nobody has decided yet: {address} asks for permission on a licence of {customer}.");
    let why = if by_asker {
        "They asked us to remind its Administrators."
    } else {
        "You get this reminder because you are one of its Administrators."
    };
    let mut blocks = vec![para(format!("{first} {why}"))];
    blocks.extend(outsider.then(|| para(FROM_OUTSIDE)));
    blocks.push(facts(of, vec![("Asked", moment(asked_at)), ("Decide by", until(ends_at))]));
    blocks.extend([para("They ask for:"), points(&of.asked), action("See the request", link)]);
    blocks.extend([para(HOW_TO_DECIDE), para(EVERYBODY_IS_ASKED)]);
    (format!("Still waiting: {address} asks for permission on {}", title(of)), blocks)
}

pub(super) fn digest(licence: &Licence, customer: &str, requests: &[Outsider], others: u64, portal: &str) -> Words {
    let all = requests.len() as u64 + others;
    let count = if all == 1 {
        "1 request from outside".to_owned()
    } else {
        format!("{} requests from outside", grouped(all, ','))
    };
    let mut blocks = vec![
        para(format!(
            "People from outside your organisation ask for permission on a licence of {}. You are one of its Administrators.",
            fact(customer)
        )),
        para(
            "None of their email addresses is at a domain of your organisation. Find out who they are before you approve anything.",
        ),
        Block::Facts(of_licence(licence, customer)),
    ];
    for Outsider { address, asked, link } in requests {
        blocks.push(Block::Facts(with_until(vec![("Email address".to_owned(), own(address.as_str()))], asked)));
        blocks.extend([points(asked), action("See the request", link)]);
    }
    blocks.push(para(format!("Names and comments are shown after you sign in. {HOW_TO_DECIDE}")));
    blocks.push(para(format!("We email such requests once a day. {EVERYBODY_IS_ASKED}")));
    if others > 0 {
        blocks.push(para(format!("And {} more: sign in to see them.", grouped(others, ','))));
        blocks.push(action("See all requests", portal));
    }
    (format!("Please decide: {count} for permission on {}", named(licence, customer)), blocks)
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
            "{address} asks for permission on a licence of {customer}. No Administrator has decided within {span}."
        )),
        para("You get this because you are the notices contact of this licence."),
    ];
    blocks.extend(outsider.then(|| para(FROM_OUTSIDE)));
    blocks.push(facts(of, vec![("Asked", moment(asked_at)), ("Decide by", until(ends_at))]));
    blocks.extend([para("They ask for:"), points(&of.asked), action("See the request", link)]);
    blocks.push(para(format!("{HOW_TO_DECIDE} If nobody decides, the request ends by itself.")));
    (format!("Nobody has decided for {span}: permission on {}", title(of)), blocks)
}

pub(super) fn withdrawn(of: &Permission, at: Timestamp) -> Words {
    let (address, customer) = (own(of.address.as_str()), fact(&of.customer));
    (
        format!("Withdrawn: {address} asked for permission on {}", title(of)),
        vec![
            para(format!(
                "{address} withdrew a request for permission on a licence of {customer}. You don’t need to do anything."
            )),
            facts(of, vec![("Withdrawn", moment(at))]),
            para("They had asked for:"),
            points(&of.asked),
        ],
    )
}

pub(super) fn handled(of: &Permission, granted: Option<&Asked>, by: &Address, at: Timestamp, portal: &str) -> Words {
    let address = own(of.address.as_str());
    let (outcome, what, list) = match granted {
        None => ("denied", "They had asked for:", &of.asked),
        Some(granted) if not_granted(&of.asked, granted).is_none() => ("approved", "They now have:", granted),
        Some(granted) => ("approved in part", "They now have:", granted),
    };
    let rows = vec![("Outcome", outcome.to_owned()), ("Decided by", own(by.as_str())), ("Decided", moment(at))];
    let mut blocks = vec![
        para(format!(
            "An Administrator decided on the request of {address} for permission on a licence of {}. You don’t need to do anything.",
            fact(&of.customer)
        )),
        facts(&Permission { asked: list.clone(), ..of.clone() }, rows),
        para(what),
        points(list),
    ];
    blocks.push(action("See the requests", portal));
    (format!("Decided: {address} and permission on {}", title(of)), blocks)
}

pub(super) fn decided(of: &Permission, granted: Option<&Asked>, message: &str, portal: &str) -> Words {
    let number = whole(&of.licence);
    let mut rows = vec![("Licensing ID".to_owned(), number.clone())];
    if granted.is_some() {
        rows.push(("Organisation".to_owned(), fact(&of.customer)));
    }
    rows.push(("Your email address".to_owned(), own(of.address.as_str())));
    if let Some(granted) = granted {
        rows = with_until(rows, granted);
    }
    if !is_blank(message) {
        rows.push(("Message".to_owned(), said(message)));
    }
    let Some(granted) = granted else {
        return (
            format!("Denied: your request for permission on {number}"),
            vec![
                para(format!(
                    "An Administrator denied your request for permission on {number}. Your permissions stay as they were."
                )),
                Block::Facts(rows),
                para("You had asked for:"),
                points(&of.asked),
                para("Do you still need it? You can ask again, and say in a comment why."),
                action("See your requests", portal),
            ],
        );
    };
    let rest = not_granted(&of.asked, granted);
    let mut blocks = vec![
        para(format!(
            "An Administrator approved {}your request for permission on {number}. Your new permissions work from now on.",
            if rest.is_some() { "a part of " } else { "" }
        )),
        Block::Facts(rows),
        para("You now have:"),
        points(granted),
    ];
    if let Some(rest) = &rest {
        blocks.extend([para("This was not approved:"), points(rest)]);
    }
    blocks.push(para("To use it, sign in with this email address, or another one of the same profile."));
    blocks.push(action("See your permissions", portal));
    let word = if rest.is_some() { "Approved in part" } else { "Approved" };
    (format!("{word}: your request for permission on {number}"), blocks)
}

pub(super) fn ended(context: &Context<'_>, of: &Permission, with_agreement: bool, portal: &str) -> Words {
    let (number, support) = (whole(&of.licence), own(&context.publisher.support));
    let (subject, first, steps) = if with_agreement {
        (
            format!("Ended: your request for permission on {number}"),
            format!(
                "Your request for permission on {number} has ended, because the agreement has ended. Nobody had decided on it."
            ),
            vec![
                "Ask a colleague or your reseller which agreement follows, and request permission on that one."
                    .to_owned(),
                format!("Or write to {support} and give the Licensing ID."),
            ],
        )
    } else {
        (
            format!("Nobody decided on your request for permission on {number}"),
            format!(
                "Your request for permission on {number} has ended. Nobody decided within {}.",
                days(context.policy.requests.days)
            ),
            vec![
                "Check the programme and the number. If they are right, ask again.".to_owned(),
                "Ask your reseller who the Administrators of the licence are, and tell them of your request."
                    .to_owned(),
                format!("Or write to {support} and give the Licensing ID."),
            ],
        )
    };
    let blocks = vec![
        para(first),
        Block::Facts(of_asker(of)),
        para("You had asked for:"),
        points(&of.asked),
        heading("What you can do"),
        Block::Points(steps),
        action("See your requests", portal),
    ];
    (subject, blocks)
}

pub(super) fn nobody_decides(context: &Context<'_>, of: &Permission, why: Nobody, portal: &str) -> Words {
    let (number, support) = (whole(&of.licence), own(&context.publisher.support));
    let reason = match why {
        Nobody::Unknown => "We know no licence with this number.",
        Nobody::NoAdministrator => "This licence has no Administrator who could decide.",
        Nobody::Unreachable => "This licence has Administrators, but our emails reach none of them.",
    };
    let mut steps = match why {
        Nobody::Unknown => {
            vec!["Check the programme and the number on your order papers. If they are wrong, ask again.".to_owned()]
        }
        Nobody::NoAdministrator => vec![
            "Ask the colleague who signed the agreement, or your reseller, to have an Administrator named.".to_owned(),
        ],
        Nobody::Unreachable => vec![
            "Ask your colleagues or your reseller who the Administrators are, and tell them of your request."
                .to_owned(),
        ],
    };
    steps.push(format!("Or write to {support} and give the Licensing ID."));
    (
        format!("Nobody can decide on your request for permission on {number}"),
        vec![
            para(format!(
                "You asked for permission on {number}. {reason} Support can see this too, and your request stays open."
            )),
            Block::Facts(of_asker(of)),
            para("You asked for:"),
            points(&of.asked),
            heading("What you can do"),
            Block::Points(steps),
            action("See your requests", portal),
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
    rows.push(("Your email address".to_owned(), own(address.as_str())));
    let customer_name = fact(customer);
    let first = if keeps.is_empty() {
        format!(
            "You gave up all permissions that your email address had on a licence of {customer_name}. They no longer work."
        )
    } else {
        format!(
            "You gave up the permissions that your email address had on a licence of {customer_name} itself. They no longer work."
        )
    };
    let mut blocks = vec![para(first), Block::Facts(rows)];
    if !keeps.is_empty() {
        blocks.push(para("You keep these permissions, because an agreement above this one gives them to you:"));
        blocks.push(points(&Asked { roles: keeps.clone(), ..Asked::default() }));
    }
    blocks.extend([
        para(
            "New orders and being named on the agreement don’t bring back what you gave up. An Administrator can give you permissions again.",
        ),
        para(format!(
            "Do you need them again? Request permission in the portal. Not you? Write to {}.",
            own(&context.publisher.support)
        )),
        action("Request permission", portal),
    ]);
    (format!("You gave up your permissions on {}", named(licence, customer)), blocks)
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
        ("New Administrator", format!("{address} is now an Administrator of a licence of {customer_name}."))
    } else {
        ("Administrator removed", format!("{address} is no longer an Administrator of a licence of {customer_name}."))
    };
    let publisher = fact(&context.publisher.name);
    let mut blocks = vec![
        para(if loaded {
            format!("{now} This comes from data that {publisher} loaded.")
        } else {
            format!("{now} An Administrator did this in the portal.")
        }),
        Block::Facts(of_licence(licence, customer)),
    ];
    blocks.extend(made.then(|| {
        para("An Administrator may do everything on the licence, and decides on other people’s permissions.")
    }));
    blocks.push(para(format!(
        "You get this because you are the notices or primary contact. Not right? Write to {}.",
        own(&context.publisher.support)
    )));
    (format!("{subject}: {}", named(licence, customer)), blocks)
}

const HOW_TO_DECIDE: &str = "Opening the link changes nothing. You can deny the request without signing in. To approve all or a part of it, sign in there.";
const EVERYBODY_IS_ASKED: &str = "Every Administrator of the licence gets this email: the first decision counts. If nobody decides, the request ends by itself.";
const FROM_OUTSIDE: &str = "This person is from outside: none of their email addresses is at a domain of your organisation. Find out who they are before you approve anything.";

/// One role a point, each with what comes with it.
pub(super) fn points(asked: &Asked) -> Block {
    let benefits: Vec<&str> = asked.benefits.iter().map(|benefit| benefit_word(*benefit)).collect();
    let benefits = benefits.join(", ");
    let mut points: Vec<String> = asked
        .roles
        .iter()
        .map(|role| match role {
            Role::Administrator => format!("{}: everything, and other people’s permissions", role_name(*role)),
            Role::SoftwareAssuranceManager if !benefits.is_empty() => format!("{}: {benefits}", role_name(*role)),
            Role::OnlineServicesManager if asked.reservations => {
                format!("{}, with permission to manage reservations", role_name(*role))
            }
            _ => role_name(*role).to_owned(),
        })
        .collect();
    // Where the role itself is not in question.
    if !asked.roles.contains(&Role::SoftwareAssuranceManager) && !benefits.is_empty() {
        points.push(format!("As {}: {benefits}", role_name(Role::SoftwareAssuranceManager)));
    }
    if !asked.roles.contains(&Role::OnlineServicesManager) && asked.reservations {
        points.push(format!("As {}: permission to manage reservations", role_name(Role::OnlineServicesManager)));
    }
    Block::Points(points)
}

const fn role_name(role: Role) -> &'static str {
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

const fn benefit_word(benefit: Benefit) -> &'static str {
    match benefit {
        Benefit::PlanningServices => "planning services",
        Benefit::TrainingVouchers => "training vouchers",
        Benefit::ELearning => "e-learning",
        Benefit::EmployeePurchase => "employee purchase",
        Benefit::HomeUse => "home use",
        Benefit::TechnicalSubscription => "technical subscription",
        Benefit::Support => "24x7 support",
        Benefit::Software => "software",
    }
}

fn facts(of: &Permission, more: Vec<(&str, String)>) -> Block {
    let mut rows = of_licence(&of.licence, &of.customer);
    rows.push(("Email address".to_owned(), own(of.address.as_str())));
    rows = with_until(rows, &of.asked);
    rows.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Block::Facts(rows)
}

/// What a letter to who asked says beside the number: nothing that they did not know.
fn of_asker(of: &Permission) -> Vec<(String, String)> {
    let rows = vec![
        ("Licensing ID".to_owned(), whole(&of.licence)),
        ("Your email address".to_owned(), own(of.address.as_str())),
    ];
    with_until(rows, &of.asked)
}

pub(super) fn of_licence(licence: &Licence, customer: &str) -> Vec<(String, String)> {
    vec![("Licensing ID".to_owned(), masked(licence)), ("Organisation".to_owned(), fact(customer))]
}

/// ROLE-09: permissions may have an end.
fn with_until(mut rows: Vec<(String, String)>, asked: &Asked) -> Vec<(String, String)> {
    rows.extend(asked.until.map(|day| ("Permission until".to_owned(), end_of(day))));
    rows
}

fn end_of(day: Date) -> String {
    format!("the end of {} (UTC)", date(start_of(day)))
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
