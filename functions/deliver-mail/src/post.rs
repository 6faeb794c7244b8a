//! One letter to one person, once: lease, send, mark.

use gateway::App;
use licensing::{event::Event, import::record::Reason, when::add_minutes};
use mail::{Context, SendError, render};
use store::{
    mails::{Lease, Letter, letter_id},
    outbox::Queued,
};

use crate::{NotYet, draft::Draft, reader::Reader};

/// Who sends a letter has it for this long, minutes: far longer than a call of SES may take.
const LEASE_MINUTES: u32 = 1;

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
        event: queued.event.id(),
        template: rendered.template.into(),
        template_version: rendered.version,
        subject: rendered.subject.clone(),
        to: draft.to.clone(),
        licence: queued.event.licence().cloned(),
        product: draft.product.clone(),
        generation: draft.generation,
        queued_at: queued.queued_at,
        leased_until: None,
        leased_by: None,
        accepted_at: None,
        ses_id: None,
        delivered_at: None,
        put_off_at: None,
        bounced_at: None,
        complained_at: None,
        suppressed_at: None,
    };
    let now = app.now();
    if is_withheld(&queued.event, reader) {
        let next = goes_to_the_next(&queued.event, &id);
        return match app.store.letter_suppressed(&id, &letter, next.as_slice(), now).await? {
            Lease::Ours | Lease::Done => Ok(()),
            Lease::Theirs => Err(NotYet::Leased),
        };
    }
    let until = add_minutes(now, LEASE_MINUTES);
    match app.store.lease_letter(&id, &letter, &app.chance.name(), now, until).await? {
        Lease::Ours => {}
        Lease::Done => return Ok(()),
        Lease::Theirs => return Err(NotYet::Leased),
    }
    let mailer = app.mailer.as_ref().expect("this function is deployed with a mailer");
    match mailer.send(&draft.to, &rendered, &id).await {
        Ok(ses_id) => accepted(app, &id, &ses_id).await,
        // As good as a hard bounce, only sooner: nobody else will report it.
        Err(SendError::Rejected(_)) => {
            app.store.letter_bounced(&id, now, now).await?;
            Ok(())
        }
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

/// Nothing goes to an address that does not exist; to who complained, only what keeps the account safe (SAFE-03).
const fn is_withheld(event: &Event, reader: &Reader) -> bool {
    match reader.suppressed {
        None => false,
        Some(Reason::HardBounce) => true,
        Some(Reason::Complaint) => !matches!(event, Event::SignInCode { .. } | Event::ProveAddress { .. }),
    }
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
