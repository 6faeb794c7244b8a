//! "Where is my activation?" (ACT-12): an order line, where it is now, every rule that was asked, and by what it was judged.
//!
//! What a rule was judged by comes as names and values; here they become sentences. A sentence is said where all its values
//! are there, and a name that this program has no sentence for is shown as it came: nothing is left out.

use api::activations::{Checked, LineExplained, MailState, MailStatus, Phase};
use leptos::prelude::*;
use licensing::{ContactName, ProductKind, judge::Rule};

use super::{
    html::{details, fact, facts, h3, hint, line as paragraph, p, strong, table, text, time},
    words,
};
use crate::{browser, messages as m};

/// The order lines of one product: first where it is now, then what became of each when it came in, and why.
pub(crate) fn product(lines: &[&LineExplained]) -> AnyView {
    let Some(first) = lines.first() else { return p(m::NO_LINES) };
    let mut parts: Vec<AnyView> = whereabouts(first).into_iter().map(p).collect();
    parts.extend(lines.iter().map(|line| order_line(line)));
    parts.into_any()
}

fn order_line(line: &LineExplained) -> AnyView {
    let title = m::ORDER_LINE.with(&[("order", &line.order), ("line", &line.line.to_string())]);
    let mut parts = vec![
        h3(title),
        hint(m::BOUGHT.with(&[
            ("quantity", &words::quantity(line.quantity)),
            ("purchased", &browser::day(&line.purchased)),
            ("usage-starts", &browser::day(&line.usage_starts)),
        ])),
    ];
    // What has no activation was told above already.
    if line.state.is_some() {
        parts.push(p(words::outcome(&line.outcome)));
    }
    if !line.checks.is_empty() {
        parts.push(details(m::WHY_SO, vec![rules(&line.checks)]));
    }
    view! { <article class="order">{parts}</article> }.into_any()
}

/// The rules in the order in which they were asked; the last one decided.
fn rules(checks: &[Checked]) -> AnyView {
    let items: Vec<AnyView> = checks.iter().map(rule).collect();
    view! { <ol class="rules">{items}</ol> }.into_any()
}

fn rule(check: &Checked) -> AnyView {
    let (class, answer) = if check.holds { ("yes", m::YES) } else { ("no", m::NO) };
    let because: Vec<AnyView> = reasons(check).into_iter().map(|reason| text(String::from(" ") + &reason)).collect();
    let others: Vec<AnyView> = check
        .evidence
        .iter()
        .filter(|(name, _)| !SAID.contains(&name.as_str()))
        .map(|(name, value)| fact(words::spelled(name), words::value(value)))
        .collect();
    let others = if others.is_empty() { ().into_any() } else { facts(others) };
    view! {
        <li class=class data-rule=check.rule.id()>
            {p(words::rule(check.rule))}
            {paragraph(vec![strong(answer), because.into_any()])}
            {others}
        </li>
    }
    .into_any()
}

/// What the sentences below say.
const SAID: [&str; 25] = [
    "account",
    "accounts-administered-now",
    "activated-at",
    "bounced",
    "confirmed-at",
    "contact",
    "kind",
    "known-to-fail",
    "link-ends",
    "look-in-junk-for-sender",
    "look-in-junk-for-subject",
    "mail",
    "mail-goes-out",
    "mail-reported-at",
    "mailed-at",
    "no-delivery-reported",
    "not-delivered",
    "not-named",
    "online-services-manager",
    "purchased",
    "set-up-refused-at",
    "set-up-refused-because",
    "stuck-since",
    "to",
    "usage-starts",
];

/// Where a line is now: what became of its activation and of its mail.
fn whereabouts(line: &LineExplained) -> Vec<String> {
    let Some(decided) = line.checks.last() else { return vec![words::outcome(&line.outcome).t().to_owned()] };
    let known = Known::of(decided);
    let mut said = Vec::new();
    let mut say = |sentence: Option<String>| said.extend(sentence);
    match line.state {
        Some(Phase::Activated) => say(known.say(m::NOW_IN_USE)),
        Some(Phase::Provisioning) => {
            say(known.say(m::NOW_PROVISIONING));
            say(known.say(m::NOW_REFUSED));
        }
        Some(Phase::Invited) => {
            say(known.say(m::NOW_MAILED));
            say(known.mail());
            say(known.say(m::NOW_GOOD_UNTIL));
        }
        Some(Phase::Expired) => {
            say(known.say(m::NOW_MAILED));
            say(known.say(m::NOW_ENDED));
        }
        Some(Phase::Scheduled) => say(known.say(m::NOW_WAITS)),
        Some(Phase::Stuck) => {
            say(known.say(m::NOW_STUCK));
            decided.evidence.iter().for_each(|(name, value)| say(passed_over(name, value)));
        }
        None => {
            say(Some(words::outcome(&line.outcome).t().to_owned()));
            say(known.say(m::NOW_NOTICE_TO));
            say(known.mail());
        }
    }
    if said.is_empty() {
        said.push(words::outcome(&line.outcome).t().to_owned());
    }
    said
}

/// The masked address that a mail about it goes to, as far as the decision says.
pub(crate) fn addressee(line: &LineExplained) -> Option<String> {
    line.checks.last().and_then(|decided| Known::of(decided).get("to")).map(str::to_owned)
}

/// Why a rule holds, or why not.
fn reasons(check: &Checked) -> Vec<String> {
    let known = Known::of(check);
    let sentence = match (check.rule, check.holds) {
        (Rule::Act09 | Rule::Act05, _) => known.kind().map(words::kind_is),
        (Rule::Act07, true) => Some(m::BECAUSE_IN_USE),
        (Rule::Act07, false) => Some(m::BECAUSE_NOT_IN_USE),
        (Rule::Act10, true) => Some(m::BECAUSE_OPEN),
        (Rule::Act10, false) => Some(m::BECAUSE_NONE_OPEN),
        (Rule::Act08, true) => Some(m::BECAUSE_ONE_ACCOUNT),
        (Rule::Act08, false) => known.accounts_of_the_manager(),
        (Rule::Act06, true) => Some(m::BECAUSE_LATER),
        (Rule::Act06, false) => Some(m::BECAUSE_NOT_LATER),
        (Rule::Act04, true) => Some(m::BECAUSE_CONSUMPTION),
        (Rule::Act02, true) => Some(m::BECAUSE_NAMED),
        (Rule::Act03, true) if known.get("contact").is_some() => Some(m::BECAUSE_NEXT),
        (Rule::Act03, true) => Some(m::BECAUSE_NOBODY),
        (Rule::Act02 | Rule::Act03 | Rule::Act04, false) => None,
    };
    let mut said: Vec<String> = sentence.and_then(|sentence| known.say(sentence)).into_iter().collect();
    said.extend(check.evidence.iter().filter_map(|(name, value)| passed_over(name, value)));
    said
}

/// Why a contact was not written to: the value names the contact, and after a blank the address.
fn passed_over(name: &str, value: &str) -> Option<String> {
    let sentence = match name {
        "bounced" => m::PASSED_BOUNCED,
        "known-to-fail" => m::PASSED_FAILING,
        "no-delivery-reported" => m::PASSED_SILENT,
        "not-delivered" => m::PASSED_GIVEN_UP,
        "not-named" => m::PASSED_NOT_NAMED,
        _ => return None,
    };
    let (contact, address) = value.split_once(' ').unwrap_or((value, ""));
    Some(sentence.with(&[("contact", &contact_word(contact)), ("to", address)]))
}

/// What a rule was judged by.
struct Known<'c>(&'c [(String, String)]);

impl<'c> Known<'c> {
    const fn of(check: &'c Checked) -> Self {
        Self(check.evidence.as_slice())
    }

    fn get(&self, name: &str) -> Option<&'c str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A sentence, if all that it names is known.
    fn say(&self, sentence: m::Text) -> Option<String> {
        let mut values = Vec::new();
        for name in sentence.names() {
            values.push((name, in_words(name, self.get(name)?)));
        }
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Some(sentence.with(&values))
    }

    fn kind(&self) -> Option<ProductKind> {
        self.get("kind")?.parse().ok()
    }

    /// What became of the newest mail; one that arrived can be looked for.
    fn mail(&self) -> Option<String> {
        self.say(match self.get("mail")? {
            "queued" => m::MAIL_IS_QUEUED,
            "accepted" => m::MAIL_WAS_ACCEPTED,
            "delivered" => m::MAIL_WAS_DELIVERED,
            "put-off" => m::MAIL_WAS_PUT_OFF,
            "gave-up" => m::MAIL_WAS_GIVEN_UP,
            "bounced" => m::MAIL_WAS_BOUNCED,
            "complained" => m::MAIL_WAS_COMPLAINED,
            "suppressed" => m::MAIL_WAS_SUPPRESSED,
            _ => return None,
        })
    }

    /// Why nothing was assigned to an account of the online services manager.
    fn accounts_of_the_manager(&self) -> Option<m::Text> {
        Some(match self.get("accounts-administered-now") {
            Some("0") => m::BECAUSE_NO_ACCOUNT,
            Some("1") => m::BECAUSE_ONE_ACCOUNT_NOW,
            Some(_) => m::BECAUSE_SEVERAL_ACCOUNTS,
            None if self.get("online-services-manager").is_some_and(|named| !named.contains('@')) => {
                m::BECAUSE_NO_MANAGER
            }
            None => return None,
        })
    }
}

/// A value as people read it within a sentence.
fn in_words(name: &str, value: &str) -> String {
    match name {
        "contact" => contact_word(value),
        _ => words::written(value),
    }
}

fn contact_word(name: &str) -> String {
    name.parse::<ContactName>().map_or_else(|_| words::spelled(name), |contact| words::contact(contact).t().to_owned())
}

/// What became of the mails, and what to look for in the junk folder.
pub(crate) fn mails(mails: &[MailStatus]) -> AnyView {
    let Some(newest) = mails.last() else { return vec![p(m::NO_MAILS), hint(m::NO_MAILS_HELP)].into_any() };
    let delivered = mails.iter().any(|mail| matches!(mail.state, MailState::Delivered | MailState::Accepted));
    let rows = mails
        .iter()
        .map(|mail| {
            let reported = mail.at.as_ref().map(time);
            vec![
                text(mail.subject.clone()),
                text(mail.to.clone()),
                time(&mail.queued_at),
                vec![words::mail_state(mail.state), text(" "), reported.into_any()].into_any(),
            ]
        })
        .collect();
    let columns = [m::MAIL_SUBJECT, m::MAIL_TO, m::MAIL_WRITTEN, m::MAIL_OUTCOME];
    let junk = delivered.then(|| p(m::LOOK_FOR_MAIL.with(&[("sender", &newest.sender)])));
    vec![junk.into_any(), table(m::MAILS, &columns, rows)].into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(rule: Rule, holds: bool, evidence: &[(&str, &str)]) -> Checked {
        let evidence = evidence.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Checked { rule, holds, evidence }
    }

    /// ACT-12 what a rule was judged by is said in sentences, and only those whose values are there.
    #[test]
    fn act_12_evidence_becomes_sentences() {
        let no_manager = decided(Rule::Act08, false, &[("online-services-manager", "not named")]);
        assert_eq!(reasons(&no_manager), ["The agreement names no Online Services Manager."]);
        let several = [("online-services-manager", "o•••@contoso.example"), ("accounts-administered-now", "2 or more")];
        assert_eq!(
            reasons(&decided(Rule::Act08, false, &several)),
            [
                "The Online Services Manager, o•••@contoso.example, administers several accounts now. So someone has to choose."
            ]
        );
        let fell_back = [
            ("bounced", "online-services-manager o•••@contoso.example"),
            ("not-delivered", "subscriptions-manager s•••@contoso.example"),
            ("not-named", "notices"),
            ("known-to-fail", "primary p•••@contoso.example"),
        ];
        assert_eq!(
            reasons(&decided(Rule::Act03, true, &fell_back)),
            [
                "There is nobody left whom we can reach.",
                "The email to the Online Services Manager, o•••@contoso.example, bounced.",
                "We could not deliver the email to the Subscriptions Manager, s•••@contoso.example.",
                "The agreement names no Notices contact.",
                "An earlier email to the Primary contact, p•••@contoso.example, bounced or was marked as spam.",
            ]
        );
        assert_eq!(reasons(&decided(Rule::Act09, false, &[("kind", "consumption")])), ["It is cloud consumption."]);
        assert_eq!(reasons(&decided(Rule::Act06, true, &[])), [""; 0], "no date, no sentence about it");
    }
}
