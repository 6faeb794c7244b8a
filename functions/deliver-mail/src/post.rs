//! One letter to one person, once: lease, send, mark.

use gateway::App;
use licensing::{event::Event, when::add_minutes};
use mail::{Context, SendError, render};
use store::{
    mails::{Lease, Letter, letter_id},
    outbox::Queued,
};

use crate::{NotYet, reader::Reader, recipient::Draft};

/// Who sends a letter has it for this long, minutes: far longer than a call of SES may take, and long enough for a report of
/// delivery to settle what SES did not say. A stream's tries outlast it, because each waits for its end.
pub(crate) const LEASE_MINUTES: u32 = 1;

/// The mark that SES took a letter is tried so often: where it is lost, the mail goes out twice.
const MARKS: u32 = 3;

/// Sends a letter, unless it was sent, somebody else is sending it, or mail to the address is known to fail.
pub(crate) async fn send(app: &App, queued: &Queued, draft: &Draft, reader: &Reader) -> Result<(), NotYet> {
    let language = reader.language.as_ref().or(draft.language.as_ref());
    let context = Context {
        publisher: &app.policy.publisher,
        policy: &app.policy,
        site: &app.site.base,
        language: language.cloned().unwrap_or_default().into(),
    };
    let rendered = render(&draft.letter, &context);
    let id = letter_id(&queued.event, &draft.to);
    let letter = Letter {
        template: rendered.template.into(),
        template_version: rendered.version,
        subject: rendered.subject.clone(),
        product: draft.product.clone(),
        generation: draft.generation,
        ..Letter::new(&queued.event, draft.to.clone(), queued.queued_at)
    };
    let now = app.now();
    if reader.reach.as_ref().is_some_and(|reach| reach.stops(queued.event.is_security(), now, &app.policy.mails)) {
        let next = goes_to_the_next(&queued.event, &id);
        return match app.store.letter_suppressed(&id, &letter, next.as_slice(), now).await? {
            Lease::Ours | Lease::Done => Ok(()),
            Lease::Theirs(until) => Err(NotYet::Leased(until)),
        };
    }
    let until = add_minutes(now, LEASE_MINUTES);
    match app.store.lease_letter(&id, &letter, &app.chance.name(), now, until).await? {
        Lease::Ours => {}
        Lease::Done => return Ok(()),
        Lease::Theirs(until) => return Err(NotYet::Leased(until)),
    }
    let mailer = app.mailer.as_ref().expect("this function is deployed with a mailer");
    match mailer.send(&draft.to, &rendered, &id).await {
        Ok(ses_id) => accepted(app, &id, &ses_id).await,
        Err(SendError::Rejected(_)) => Ok(app.store.letter_refused(&id, &draft.to, now).await?),
        Err(error) => {
            if matches!(error, SendError::Later(_)) {
                // If this fails too, the lease ends by itself; what went wrong first is what is reported.
                let _ = app.store.give_letter_back(&id, app.now()).await;
            }
            Err(NotYet::Mail(error))
        }
    }
}

async fn accepted(app: &App, id: &str, ses_id: &str) -> Result<(), NotYet> {
    let mut outcome = Ok(());
    for _ in 0..MARKS {
        outcome = app.store.letter_accepted(id, ses_id, app.now()).await;
        if outcome.is_ok() {
            break;
        }
    }
    Ok(outcome?)
}

/// An activation link that can't be mailed to its addressee goes to the next contact at once (ACT-03).
fn goes_to_the_next(event: &Event, id: &str) -> Option<Event> {
    match event {
        Event::ActivationLink { licence, .. } => {
            Some(Event::Rejudge { licence: licence.clone(), mark: format!("suppressed|{id}") })
        }
        _ => None,
    }
}
