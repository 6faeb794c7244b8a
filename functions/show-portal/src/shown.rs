//! What is stored as what is shown.

use api::activations::{Cure, MailState, MailStatus, Row, StateName};
use gateway::App;
use licensing::{
    Timestamp,
    activation::Summary,
    explain::{self, Fate, Standing},
};
use store::mails::Letter;

/// A row of Manage activations, judged at `now`.
pub(crate) fn row(row: &Summary, now: Timestamp) -> Row {
    let standing = row.standing(now);
    Row {
        licence: row.licence.clone(),
        product: row.product.clone(),
        product_name: row.product_name.clone(),
        customer_name: row.customer_name.clone(),
        quantity: row.quantity,
        state: state(standing),
        account_name: row.account_name.clone(),
        date: date(row, standing).map(Into::into),
    }
}

/// The date that belongs to the state: what ended without the sweep's knowledge ended at its end.
pub(crate) fn date(row: &Summary, standing: Standing) -> Option<Timestamp> {
    if standing == Standing::Expired { row.ends.or(row.date) } else { row.date }
}

/// The state's name between browser and functions.
pub(crate) const fn state(standing: Standing) -> StateName {
    match standing {
        Standing::Stuck => StateName::Stuck,
        Standing::Scheduled => StateName::Scheduled,
        Standing::Invited => StateName::Invited,
        Standing::Provisioning => StateName::Provisioning,
        Standing::Activated => StateName::Activated,
        Standing::Expired => StateName::Expired,
    }
}

/// The same as text, for files.
pub(crate) const fn state_text(standing: Standing) -> &'static str {
    match standing {
        Standing::Stuck => "stuck",
        Standing::Scheduled => "scheduled",
        Standing::Invited => "invited",
        Standing::Provisioning => "provisioning",
        Standing::Activated => "activated",
        Standing::Expired => "expired",
    }
}

/// A button's name between browser and functions.
pub(crate) const fn cure(cure: explain::Cure) -> Cure {
    match cure {
        explain::Cure::Activate => Cure::Activate,
        explain::Cure::Resend => Cure::Resend,
        explain::Cure::Undo => Cure::Undo,
        explain::Cure::AskRevival => Cure::AskRevival,
        explain::Cure::Remap => Cure::Remap,
        explain::Cure::ConfirmRemap => Cure::ConfirmRemap,
        explain::Cure::DeclineRemap => Cure::DeclineRemap,
    }
}

/// A letter as far as it explains something.
pub(crate) fn mail(letter: &Letter) -> explain::Mail {
    let (fate, at) = fate(letter);
    explain::Mail { to: letter.to.clone(), subject: letter.subject.clone(), fate, at }
}

/// A letter as its page shows it.
pub(crate) fn mail_status(app: &App, letter: &Letter) -> MailStatus {
    let (fate, at) = fate(letter);
    MailStatus {
        to: letter.to.masked(),
        letter: letter.template.clone(),
        subject: letter.subject.clone(),
        sender: app.policy.publisher.sender.clone(),
        queued_at: letter.queued_at.into(),
        state: match fate {
            Fate::Queued => MailState::Queued,
            Fate::Accepted => MailState::Accepted,
            Fate::Delivered => MailState::Delivered,
            Fate::PutOff => MailState::PutOff,
            Fate::GaveUp => MailState::GaveUp,
            Fate::Bounced => MailState::Bounced,
            Fate::Complained => MailState::Complained,
            Fate::Suppressed => MailState::Suppressed,
        },
        at: (fate != Fate::Queued).then(|| at.into()),
    }
}

/// How far a letter has come, and since when: what weighs most goes first.
fn fate(letter: &Letter) -> (Fate, Timestamp) {
    [
        (Fate::Complained, letter.complained_at),
        (Fate::Bounced, letter.bounced_at),
        (Fate::Suppressed, letter.suppressed_at),
        (Fate::Delivered, letter.delivered_at),
        (Fate::GaveUp, letter.gave_up_at),
        (Fate::PutOff, letter.put_off_at),
        (Fate::Accepted, letter.accepted_at),
    ]
    .into_iter()
    .find_map(|(fate, at)| at.map(|at| (fate, at)))
    .unwrap_or((Fate::Queued, letter.queued_at))
}
