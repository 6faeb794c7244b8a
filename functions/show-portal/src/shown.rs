//! What is stored as what is shown.

use api::activations::{MailState, MailStatus, Phase, Row};
use gateway::App;
use licensing::{Timestamp, activation::Summary, explain};
use store::mails::Letter;

/// A row of Manage activations, judged at `now`.
pub(crate) fn row(row: &Summary, now: Timestamp) -> Row {
    let phase = row.phase(now);
    Row {
        licence: row.licence.clone(),
        product: row.product.clone(),
        product_name: row.product_name.clone(),
        customer_name: row.customer_name.clone(),
        quantity: row.quantity,
        state: phase,
        account_name: row.account_name.clone(),
        date: date(row, phase).map(Into::into),
    }
}

/// The date that belongs to the state: what ended without the sweep's knowledge ended at its end.
pub(crate) fn date(row: &Summary, phase: Phase) -> Option<Timestamp> {
    if phase == Phase::Expired { row.ends.or(row.date) } else { row.date }
}

/// A letter as far as it explains something.
pub(crate) fn mail(letter: &Letter) -> explain::Mail {
    let (state, at) = state(letter);
    explain::Mail { to: letter.to.clone(), subject: letter.subject.clone(), state, at }
}

/// A letter as its page shows it.
pub(crate) fn mail_status(app: &App, letter: &Letter) -> MailStatus {
    let (state, at) = state(letter);
    MailStatus {
        to: letter.to.masked(),
        letter: letter.template.clone(),
        subject: letter.subject.clone(),
        sender: app.policy.publisher.sender.clone(),
        queued_at: letter.queued_at.into(),
        state,
        at: (state != MailState::Queued).then(|| at.into()),
    }
}

/// How far a letter has come, and since when: what weighs most goes first.
fn state(letter: &Letter) -> (MailState, Timestamp) {
    [
        (MailState::Complained, letter.complained_at),
        (MailState::Bounced, letter.bounced_at),
        (MailState::Suppressed, letter.suppressed_at),
        (MailState::Delivered, letter.delivered_at),
        (MailState::GaveUp, letter.gave_up_at),
        (MailState::PutOff, letter.put_off_at),
        (MailState::Accepted, letter.accepted_at),
    ]
    .into_iter()
    .find_map(|(state, at)| at.map(|at| (state, at)))
    .unwrap_or((MailState::Queued, letter.queued_at))
}
