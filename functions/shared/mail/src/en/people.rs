//! The letters about what Administrators do for others, in English.

use std::collections::BTreeSet;

use licensing::{
    Address, Licence, Timestamp,
    event::GivenAs,
    request::Asked,
    roles::Role,
    when::{Date, start_of},
};

use super::{
    action, date, para,
    permission::{named, of_licence, points},
    until,
};
use crate::sheet::{Block, fact, own};

/// A subject with what stands below it.
type Words = (String, Vec<Block>);

fn rows(licence: &Licence, customer: &str, address: &Address) -> Block {
    let mut rows = of_licence(licence, customer);
    rows.push(("Your email address".to_owned(), own(address.as_str())));
    Block::Facts(rows)
}

fn last_day(day: Date) -> String {
    format!("the end of {} (UTC)", date(start_of(day)))
}

/// Each part below its end.
fn by_end(given: &[Asked]) -> Vec<Block> {
    let of = |part: &Asked| {
        let head = part.until.map_or_else(|| "Without an end date:".into(), |day| format!("Until {}:", last_day(day)));
        [para(head), points(part)]
    };
    given.iter().flat_map(of).collect()
}

pub(super) fn given(
    (licence, customer, address): (&Licence, &str, &Address),
    given: &[Asked],
    (said, invited_until): (GivenAs, Option<Timestamp>),
    portal: &str,
) -> Words {
    let name = fact(customer);
    let (subject, first) = match said {
        GivenAs::Assigned => {
            ("Your permissions on", format!("An Administrator gave you permissions on a licence of {name}."))
        }
        GivenAs::Edited => (
            "Changed: your permissions on",
            format!("An Administrator changed your permissions on a licence of {name}."),
        ),
        GivenAs::InvitedAgain => (
            "Reminder: your permissions on",
            format!("You have permissions on a licence of {name}, and have not signed in yet."),
        ),
    };
    let mut blocks = vec![para(first), rows(licence, customer, address)];
    if given.is_empty() {
        blocks.push(para("What Administrators gave you there has ended. What agreements and orders give you stays."));
    } else {
        blocks.push(para("This was given to you there:"));
        blocks.extend(by_end(given));
    }
    match invited_until {
        Some(end) => {
            blocks.push(para(format!(
                "Sign in once with this email address by {}. If you don’t, the permissions that you were invited for end.",
                until(end)
            )));
            blocks.push(para("You need no password: we email you a code. Don’t you know this organisation? Then you need not do anything."));
            blocks.push(action("Sign in", portal));
        }
        None => blocks.push(action("Open the portal", portal)),
    }
    (format!("{subject} {}", named(licence, customer)), blocks)
}

pub(super) fn taken(
    (licence, customer, address): (&Licence, &str, &Address),
    (keeps, here_only): (&BTreeSet<Role>, bool),
    portal: &str,
) -> Words {
    let name = fact(customer);
    let first = if here_only {
        format!(
            "An Administrator decided that you are no longer Administrator of a licence of {name}. On the agreement above you still are."
        )
    } else {
        format!("An Administrator removed your permissions on a licence of {name}. They no longer work.")
    };
    let mut blocks = vec![para(first), rows(licence, customer, address)];
    if !keeps.is_empty() {
        blocks.push(para("You keep these permissions, because an agreement above this one gives them to you:"));
        blocks.push(points(&Asked { roles: keeps.clone(), ..Asked::default() }));
    }
    blocks.push(para("Is this a mistake? Ask an Administrator of the licence, or request permission in the portal."));
    blocks.push(action("Request permission", portal));
    (format!("Removed: your permissions on {}", named(licence, customer)), blocks)
}

pub(super) fn denied(
    (licence, customer, address): (&Licence, &str, &Address),
    (claim, undone): (bool, bool),
    portal: &str,
) -> Words {
    let (name, what) = (fact(customer), if claim { "showing the order papers" } else { "orders" });
    let (subject, first) = if undone {
        (
            "Your permissions work again:",
            format!("An Administrator of {name} undid a denial. What {what} gave you counts again."),
        )
    } else {
        (
            "Denied: your permissions on",
            format!(
                "An Administrator of {name} denied what {what} gave you. It no longer works, and further ones don’t bring it back."
            ),
        )
    };
    let mut blocks = vec![para(first), rows(licence, customer, address)];
    if !undone {
        blocks.push(para("Is this a mistake? Ask the customer, or request permission in the portal."));
    }
    blocks.push(action(if undone { "Open the portal" } else { "Request permission" }, portal));
    (format!("{subject} {}", named(licence, customer)), blocks)
}

pub(super) fn ends_soon(
    (licence, customer, address): (&Licence, &str, &Address),
    (ends, own_rights): (&[Asked], bool),
    portal: &str,
) -> Words {
    let (who, name) = (own(address.as_str()), fact(customer));
    let first = if own_rights {
        format!("Some of your permissions on a licence of {name} end soon.")
    } else {
        format!("Some permissions of {who} on a licence of {name} end soon.")
    };
    let mut list = of_licence(licence, customer);
    list.push(("Email address".to_owned(), who));
    let mut blocks = vec![para(first), Block::Facts(list)];
    blocks.extend(by_end(ends));
    blocks.push(para(if own_rights {
        "Do you need them for longer? Ask an Administrator of the licence, or request permission in the portal."
    } else {
        "You get this as an Administrator of the licence. To prolong them, give the same roles again with a later end. Otherwise you need not do anything."
    }));
    blocks.push(action(if own_rights { "Request permission" } else { "See the people" }, portal));
    (format!("Ends soon: permissions on {}", named(licence, customer)), blocks)
}

pub(super) fn invitation_ended(
    (licence, customer, address): (&Licence, &str, &Address),
    ended: &[Asked],
    portal: &str,
) -> Words {
    let (who, name) = (own(address.as_str()), fact(customer));
    let mut list = of_licence(licence, customer);
    list.push(("Invited".to_owned(), who.clone()));
    let mut blocks = vec![
        para(format!(
            "You invited {who} to a licence of {name}. Nobody signed in with this address in time, so this has ended:"
        )),
        Block::Facts(list),
    ];
    blocks.extend(by_end(ended));
    blocks.push(para("Is the address right? You can give the same again, and we invite them once more."));
    blocks.push(action("See the people", portal));
    (format!("Nobody registered: {}", named(licence, customer)), blocks)
}
