//! The letters about what Administrators do for others, in German.

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
    rows.push(("Ihre E-Mail-Adresse".to_owned(), own(address.as_str())));
    Block::Facts(rows)
}

fn last_day(day: Date) -> String {
    format!("bis einschließlich {} (UTC)", date(start_of(day)))
}

/// Each part below its end.
fn by_end(given: &[Asked]) -> Vec<Block> {
    let of = |part: &Asked| {
        let head = part.until.map_or_else(|| "Ohne Enddatum:".into(), |day| format!("Gültig {}:", last_day(day)));
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
            ("Ihre Berechtigungen", format!("Sie haben Berechtigungen für eine Lizenz von {name} erhalten."))
        }
        GivenAs::Edited => (
            "Geändert: Ihre Berechtigungen",
            format!("Ihre Berechtigungen für eine Lizenz von {name} wurden geändert."),
        ),
        GivenAs::InvitedAgain => (
            "Erinnerung: Ihre Berechtigungen",
            format!("Sie haben Berechtigungen für eine Lizenz von {name} und waren noch nicht angemeldet."),
        ),
    };
    let mut blocks = vec![para(first), rows(licence, customer, address)];
    if given.is_empty() {
        blocks
            .push(para("Was Ihnen dort jemand gegeben hat, ist zu Ende. Was Verträge und Bestellungen geben, bleibt."));
    } else {
        blocks.push(para("Das wurde Ihnen dort gegeben:"));
        blocks.extend(by_end(given));
    }
    match invited_until {
        Some(end) => {
            blocks.push(para(format!(
                "Melden Sie sich {} einmal mit dieser E-Mail-Adresse an. Sonst endet, wofür Sie eingeladen sind.",
                until(end)
            )));
            blocks.push(para("Sie brauchen kein Passwort: Wir schicken Ihnen einen Code. Kennen Sie die Organisation nicht? Dann müssen Sie nichts tun."));
            blocks.push(action("Anmelden", portal));
        }
        None => blocks.push(action("Portal öffnen", portal)),
    }
    (format!("{subject}: {}", named(licence, customer)), blocks)
}

pub(super) fn taken(
    (licence, customer, address): (&Licence, &str, &Address),
    (keeps, here_only): (&BTreeSet<Role>, bool),
    portal: &str,
) -> Words {
    let name = fact(customer);
    let first = if here_only {
        format!("Sie verwalten eine Lizenz von {name} nicht mehr. Den übergeordneten Vertrag verwalten Sie weiterhin.")
    } else {
        format!("Ihre Berechtigungen für eine Lizenz von {name} wurden entfernt. Sie gelten nicht mehr.")
    };
    let mut blocks = vec![para(first), rows(licence, customer, address)];
    if !keeps.is_empty() {
        blocks.push(para("Diese Berechtigungen behalten Sie, weil ein übergeordneter Vertrag sie Ihnen gibt:"));
        blocks.push(points(&Asked { roles: keeps.clone(), ..Asked::default() }));
    }
    blocks.push(para("Ist das ein Versehen? Fragen Sie, wer die Lizenz verwaltet, oder bitten Sie im Portal darum."));
    blocks.push(action("Um Berechtigungen bitten", portal));
    (format!("Entfernt: Ihre Berechtigungen, {}", named(licence, customer)), blocks)
}

pub(super) fn denied(
    (licence, customer, address): (&Licence, &str, &Address),
    (claim, undone): (bool, bool),
    portal: &str,
) -> Words {
    let (name, what) = (fact(customer), if claim { "die Vorlage der Bestellunterlagen" } else { "Bestellungen" });
    let (subject, first) = if undone {
        (
            "Wieder gültig: Ihre Berechtigungen",
            format!("{name} hat eine Ablehnung zurückgenommen. Was Ihnen {what} gab, gilt wieder."),
        )
    } else {
        (
            "Abgelehnt: Ihre Berechtigungen",
            format!(
                "{name} hat abgelehnt, was Ihnen {what} gab. Es gilt nicht mehr, und Neues bringt es nicht zurück."
            ),
        )
    };
    let mut blocks = vec![para(first), rows(licence, customer, address)];
    if !undone {
        blocks.push(para("Ist das ein Versehen? Fragen Sie den Kunden, oder bitten Sie im Portal darum."));
    }
    blocks.push(action(if undone { "Portal öffnen" } else { "Um Berechtigungen bitten" }, portal));
    (format!("{subject}, {}", named(licence, customer)), blocks)
}

pub(super) fn ends_soon(
    (licence, customer, address): (&Licence, &str, &Address),
    (ends, own_rights): (&[Asked], bool),
    portal: &str,
) -> Words {
    let (who, name) = (own(address.as_str()), fact(customer));
    let first = if own_rights {
        format!("Einige Ihrer Berechtigungen für eine Lizenz von {name} enden bald.")
    } else {
        format!("Einige Berechtigungen von {who} für eine Lizenz von {name} enden bald.")
    };
    let mut list = of_licence(licence, customer);
    list.push(("E-Mail-Adresse".to_owned(), who));
    let mut blocks = vec![para(first), Block::Facts(list)];
    blocks.extend(by_end(ends));
    blocks.push(para(if own_rights {
        "Brauchen Sie sie länger? Fragen Sie, wer die Lizenz verwaltet, oder bitten Sie im Portal darum."
    } else {
        "Sie erhalten diese E-Mail, weil Sie die Lizenz verwalten. Zum Verlängern geben Sie dieselben Rollen mit einem späteren Ende. Sonst müssen Sie nichts tun."
    }));
    blocks.push(action(if own_rights { "Um Berechtigungen bitten" } else { "Personen ansehen" }, portal));
    (format!("Endet bald: Berechtigungen, {}", named(licence, customer)), blocks)
}

pub(super) fn invitation_ended(
    (licence, customer, address): (&Licence, &str, &Address),
    ended: &[Asked],
    portal: &str,
) -> Words {
    let (who, name) = (own(address.as_str()), fact(customer));
    let mut list = of_licence(licence, customer);
    list.push(("Eingeladen".to_owned(), who.clone()));
    let mut blocks = vec![
        para(format!(
            "Sie haben {who} zu einer Lizenz von {name} eingeladen. Niemand hat sich rechtzeitig angemeldet, also ist das zu Ende:"
        )),
        Block::Facts(list),
    ];
    blocks.extend(by_end(ended));
    blocks.push(para("Stimmt die Adresse? Dann können Sie dasselbe noch einmal geben, und wir laden wieder ein."));
    blocks.push(action("Personen ansehen", portal));
    (format!("Niemand hat sich angemeldet: {}", named(licence, customer)), blocks)
}
