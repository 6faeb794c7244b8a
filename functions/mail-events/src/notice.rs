//! What SES says, in the shapes in which it comes: an event of `EventBridge`, records of SNS, or the notice alone.

use licensing::Timestamp;
use serde_json::Value;

/// What SES says of one of our mails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    /// Our id of the mail, from its tag.
    pub(crate) mail: String,
    /// When it happened.
    pub(crate) at: Option<Timestamp>,
    /// What.
    pub(crate) what: What,
}

/// What happened to a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// The receiving server took it.
    Delivered,
    /// The receiving server, or SES for it, refused it for good.
    Bounced,
    /// It did not arrive, for a reason that may pass.
    PutOff,
    /// The recipient complained.
    Complained,
    /// SES took it and then did not send it.
    Rejected,
}

/// The notices of an event that are about mails of ours. Everything else is none.
pub(crate) fn notices(event: &Value) -> Vec<Notice> {
    let Some(records) = event.get("Records").and_then(Value::as_array) else {
        return notice(event.get("detail").unwrap_or(event)).into_iter().collect();
    };
    let messages = records.iter().filter_map(|record| record.pointer("/Sns/Message")?.as_str());
    messages.filter_map(|message| notice(&serde_json::from_str(message).ok()?)).collect()
}

fn notice(said: &Value) -> Option<Notice> {
    let kind = said.get("eventType").or_else(|| said.get("notificationType"))?.as_str()?;
    let (what, part) = match kind {
        "Delivery" => (What::Delivered, "delivery"),
        "Bounce" => {
            let for_good = said.pointer("/bounce/bounceType").and_then(Value::as_str) == Some("Permanent");
            (if for_good { What::Bounced } else { What::PutOff }, "bounce")
        }
        // Some providers report with the same kind of notice that a mail is no nuisance.
        "Complaint" if said.pointer("/complaint/complaintFeedbackType").and_then(Value::as_str) == Some("not-spam") => {
            return None;
        }
        "Complaint" => (What::Complained, "complaint"),
        "Reject" => (What::Rejected, "mail"),
        _ => return None,
    };
    let at = said.pointer(&format!("/{part}/timestamp")).and_then(Value::as_str).and_then(|at| at.parse().ok());
    Some(Notice { mail: said.pointer("/mail/tags/mail/0")?.as_str()?.into(), at, what })
}
