//! What SES says, in the shapes in which it comes: an event of `EventBridge`, records of SNS, or the notice alone.

use licensing::{Address, Timestamp, reach::Report};
use serde_json::Value;

/// What SES says of one of our mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// Our id of the mail, from its tag.
    pub(crate) mail: String,
    /// When it happened.
    pub(crate) at: Option<Timestamp>,
    /// What.
    pub(crate) report: Report,
    /// Of whom.
    pub(crate) named: Vec<Address>,
}

/// The notices of an event that are about mails of ours. Everything else is none.
pub(crate) fn notices(event: &Value) -> Vec<Notice> {
    let Some(records) = event.get("Records").and_then(Value::as_array) else {
        let said = event.get("detail").unwrap_or(event);
        return notice(said, event.get("detail-type")).into_iter().collect();
    };
    let messages = records.iter().filter_map(|record| record.pointer("/Sns/Message")?.as_str());
    messages.filter_map(|message| notice(&serde_json::from_str(message).ok()?, None)).collect()
}

/// The parts of a notice: what it is called, and where its times and its recipients stand. What `EventBridge` calls it counts
/// where the notice itself does not say.
const KINDS: [(&str, &str, &str, &str); 5] = [
    ("Delivery", "Email Delivered", "delivery", "recipients"),
    ("DeliveryDelay", "Email Delivery Delayed", "deliveryDelay", "delayedRecipients"),
    ("Bounce", "Email Bounced", "bounce", "bouncedRecipients"),
    ("Complaint", "Email Complaint Received", "complaint", "complainedRecipients"),
    ("Reject", "Email Rejected", "mail", "destination"),
];

fn notice(said: &Value, detail_type: Option<&Value>) -> Option<Notice> {
    let called = said.get("eventType").or_else(|| said.get("notificationType"));
    let (_, _, part, recipients) = match called {
        Some(called) => KINDS.iter().find(|kind| called == kind.0)?,
        None => KINDS.iter().find(|kind| detail_type.is_some_and(|called| called == kind.1))?,
    };
    let about = said.get(part)?;
    let report = report(part, about)?;
    let at = about.get("timestamp").and_then(Value::as_str).and_then(|at| at.parse().ok());
    let named = about.get(recipients).and_then(Value::as_array).into_iter().flatten();
    let named = named.filter_map(|who| address(who.get("emailAddress").unwrap_or(who).as_str()?)).collect();
    Some(Notice { mail: said.pointer("/mail/tags/mail/0")?.as_str()?.into(), at, report, named })
}

fn report(part: &str, about: &Value) -> Option<Report> {
    let text = |name: &str| about.get(name).and_then(Value::as_str);
    Some(match part {
        "delivery" => Report::Delivered,
        "deliveryDelay" => Report::PutOff,
        "bounce" => match (text("bounceType"), text("bounceSubType")) {
            // SES did not try: the address is on a list of the account's, which may have other reasons than ours.
            (Some("Permanent"), Some("OnAccountSuppressionList" | "OnTenantSuppressionList")) => Report::NotSent,
            // `General`, `NoEmail`; `Suppressed`: it bounced for others lately; and what may come to be.
            (Some("Permanent"), _) => Report::Bounced,
            // A busy server and an absence note are both `General`; whatever else it is, SES has stopped trying.
            (Some("Transient"), Some(kind)) if kind != "General" => Report::GaveUp,
            _ => Report::PutOff,
        },
        "complaint" => match (text("complaintFeedbackType"), text("complaintSubType")) {
            // Some providers report with the same kind of notice that a mail is no nuisance.
            (Some("not-spam"), _) => return None,
            (_, Some("OnAccountSuppressionList")) => Report::NotSentAfterComplaint,
            _ => Report::Complained,
        },
        _ => Report::Rejected,
    })
}

/// A report in a word, as the ledger notes it.
pub(crate) const fn word(report: Report) -> &'static str {
    match report {
        Report::Delivered => "delivered",
        Report::PutOff => "put-off",
        Report::GaveUp => "gave-up",
        Report::Bounced => "bounced",
        Report::NotSent | Report::NotSentAfterComplaint => "not-sent",
        Report::Complained => "complained",
        Report::Rejected => "rejected",
    }
}

/// An address as SES or a receiving server writes it: bare, in angle brackets, or behind the kind of address that it is.
fn address(text: &str) -> Option<Address> {
    let inner = text.rsplit_once('<').map_or(text, |(_, rest)| rest.split('>').next().unwrap_or_default());
    let bare = inner.rsplit_once(';').map_or(inner, |(_, rest)| rest);
    bare.trim().parse().ok()
}
