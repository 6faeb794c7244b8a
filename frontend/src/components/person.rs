//! Somebody on a licence, in words: what they have, from where, until when, and whether they registered (ROLE-06, ROLE-09, APR-07,
//! APR-08).

use api::people::{InvitationName, Rights};
use leptos::prelude::AnyView;
use licensing::roles::Role;

use super::{
    html::{tag, text},
    words,
};
use crate::{browser, messages as m, permissions::PersonShown};

/// Each role with what comes with it and until when, and what of that ends before the role does (ROLE-09).
pub(crate) fn roles(person: &PersonShown, until: impl Fn(&str) -> String) -> Vec<String> {
    let mut said = Vec::new();
    for role in &person.roles {
        let mut with = words::role_with(*role, &person.benefits, person.reservations);
        let mut sooner = Vec::new();
        for ends in person.ends.iter().filter(|ends| ends.role == *role) {
            let until = until(&ends.until);
            let of = |what: &str| m::UNTIL.with(&[("what", what), ("until", &until)]);
            match ends.benefit {
                Some(benefit) => sooner.push(of(words::benefit(benefit).t())),
                None if ends.reservations => sooner.push(of(m::RESERVATIONS.t())),
                None => with = of(&with),
            }
        }
        said.push(with);
        said.extend(sooner);
    }
    said
}

/// Where the roles come from.
pub(crate) fn why(person: &PersonShown) -> Vec<String> {
    person.sources.iter().map(|source| words::source(source, None, None, false)).collect()
}

/// What is got or lost: roles, each with what comes with it, and what comes with a role that stays.
pub(crate) fn rights(rights: &Rights) -> Vec<String> {
    let of = |role: &Role| words::role_with(*role, &rights.benefits, rights.reservations);
    let mut said: Vec<String> = rights.roles.iter().map(of).collect();
    if !rights.roles.contains(&Role::SoftwareAssuranceManager) {
        said.extend(rights.benefits.iter().map(|benefit| words::benefit(*benefit).t().to_owned()));
    }
    if rights.reservations && !rights.roles.contains(&Role::OnlineServicesManager) {
        said.push(m::RESERVATIONS.t().to_owned());
    }
    said
}

/// The name of a state of invitations.
pub(crate) const fn state(state: InvitationName) -> m::Text {
    match state {
        InvitationName::Registered => m::PERSON_REGISTERED,
        InvitationName::Invited => m::PERSON_INVITED,
        InvitationName::Bounced => m::PERSON_BOUNCED,
        InvitationName::Expired => m::PERSON_EXPIRED,
        InvitationName::NeverRegistered => m::PERSON_NEVER_REGISTERED,
    }
}

/// How they stand there: whether it is the reader, whether they gave it up, whether they registered.
pub(crate) fn status(person: &PersonShown) -> Vec<AnyView> {
    let mut said = Vec::new();
    said.extend(person.own.then(|| text(m::THAT_IS_YOU)));
    if let Some(at) = &person.gave_up_at {
        said.push(tag("over", m::PERSON_GAVE_UP));
        said.push(text(m::SINCE_TIME.with(&[("time", &browser::date_and_time(&at.0))])));
    }
    said.extend(person.removed_here.then(|| tag("over", m::PERSON_REMOVED_HERE)));
    said.extend((!person.denied.is_empty()).then(|| tag("over", m::PERSON_DENIED)));
    let Some(invitation) = &person.invitation else { return said };
    let class = match invitation.state {
        InvitationName::Registered => "good",
        InvitationName::Invited => "todo",
        InvitationName::Bounced => "bad",
        InvitationName::Expired => "over",
        InvitationName::NeverRegistered => "later",
    };
    said.push(tag(class, state(invitation.state)));
    let at = invitation.ends_at.as_ref().map(|at| browser::date_and_time(&at.0)).unwrap_or_default();
    said.extend(match invitation.state {
        InvitationName::Invited => Some(text(m::INVITATION_ENDS.with(&[("time", &at)]))),
        InvitationName::Expired => Some(text(m::INVITATION_ENDED.with(&[("time", &at)]))),
        _ => None,
    });
    said
}

#[cfg(test)]
mod tests {
    use api::people::RightEnds;
    use licensing::roles::Benefit;

    use super::*;

    /// ROLE-09 who has what until when is said in words: roles, and what comes with them.
    #[test]
    fn role_09_people_show_what_ends() {
        let ends = |role, benefit, reservations, until: &str| RightEnds {
            role,
            benefit,
            reservations,
            until: until.to_owned(),
        };
        let (manager, assurance) = (Role::OnlineServicesManager, Role::SoftwareAssuranceManager);
        let person = PersonShown {
            address: "a@b.example".parse().unwrap(),
            roles: vec![Role::Download, assurance, manager],
            benefits: vec![Benefit::HomeUse, Benefit::Software],
            reservations: true,
            ends: vec![
                ends(assurance, None, false, "2027-05-31"),
                ends(assurance, Some(Benefit::HomeUse), false, "2027-02-23"),
                ends(manager, None, true, "2027-02-23"),
            ],
            sources: vec!["assigned".into()],
            gave_up_at: None,
            version: 0,
            given: vec![],
            invitation: None,
            removed_here: false,
            denied: vec![],
            own: false,
            stays: None,
        };
        assert_eq!(
            roles(&person, |day| ["the end of ", day].concat()),
            [
                "Download",
                "Software Assurance Manager: Home use, Software, until the end of 2027-05-31",
                "Home use, until the end of 2027-02-23",
                "Online Services Manager, with reservations",
                "Reservations, until the end of 2027-02-23",
            ]
        );
        assert_eq!(why(&person), ["Someone granted it."]);
    }

    /// APR-07 what a change gives and takes names also what comes with a role that stays.
    #[test]
    fn apr_07_what_is_got_or_lost_is_said_in_words() {
        let all =
            |roles: &[Role]| Rights { roles: roles.to_vec(), benefits: vec![Benefit::HomeUse], reservations: true };
        assert_eq!(rights(&all(&[Role::Download])), ["Download", "Home use", "Reservations"]);
        assert_eq!(
            rights(&all(&[Role::SoftwareAssuranceManager, Role::OnlineServicesManager])),
            ["Software Assurance Manager: Home use", "Online Services Manager, with reservations"]
        );
        assert_eq!(rights(&Rights::default()), [""; 0]);
    }
}
