//! Whether mail reaches a person's addresses, and lifting that it does not (SAFE-03): signed in by another of them, a person
//! gets mail at one again that bounced, or that they complained about.

use api::{
    Code, Problem,
    me::{LiftMail, MailTrouble, MailTroubles, WhyNoMail},
};
use gateway::{
    App, Conflict, Request, Response, Who,
    answer::{done, ok},
    request::RequestParts,
    session::WhoSlots,
};
use licensing::{
    Timestamp,
    audit::Note,
    event::Event,
    reach::{Reach, Reason},
};
use store::{Batch, Write, licences, people};

use crate::mine::Mine;

/// Those of the person's addresses to which mail does not go, also one that has to be proven again: for that, mail has to go
/// there. One call after the person's.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Response, Conflict> {
    let who = Who::of(app, request).await?;
    who.touch(app).await?;
    let mut batch = Batch::default();
    for address in who.profile.held() {
        batch.add(&licences::suppression(&address));
    }
    let got = batch.read(&app.store).await?;
    let now = app.now();
    let mut addresses = Vec::new();
    for address in who.profile.held() {
        let known = got.get(&licences::suppression(&address))?;
        addresses.extend(known.filter(|reach| app.store.fails(reach, now)).map(|reach| trouble(app, reach)));
    }
    Ok(ok(&MailTroubles { addresses }))
}

fn trouble(app: &App, reach: Reach) -> MailTrouble {
    MailTrouble {
        why: match reach.reason {
            Reason::HardBounce => WhyNoMail::Bounced,
            Reason::Complaint => WhyNoMail::Complained,
        },
        since: reach.since().map(Into::into),
        tried_again_at: reach.tried_again_at(&app.policy.mails).map(Into::into),
        address: reach.address,
    }
}

/// Mail goes to one of the person's addresses again; wherever it is written to, that is judged afresh (ACT-03). Where nothing
/// stops it, nothing is written.
pub(crate) async fn lift(app: &App, request: &Request) -> Result<Response, Conflict> {
    request.must_be_ours(app)?;
    let said = request.json::<LiftMail>(app);
    let here = WhoSlots::of(app, request);
    let mut batch = Batch::default();
    Mine::add_to(&here, &mut batch);
    if let Ok(said) = &said {
        batch.add(&licences::suppression(&said.address));
    }
    let got = batch.read(&app.store).await?;
    let mine = Mine::take(app, &here, &got).await?;
    let LiftMail { address } = said?;
    if !mine.who.profile.held().contains(&address) {
        let detail = "It is not one of your confirmed addresses. Add it under My profile, or write to support.";
        return Err(Problem::new(Code::NotAllowed).field("address").detail(detail).into());
    }
    let now = app.now();
    let Some(reach) = got.get(&licences::suppression(&address))? else { return Ok(done()) };
    let Some(after) = reach.lift(now, &app.policy.mails)? else { return Ok(done()) };
    let profile = &mine.who.profile;
    let mut write = lifted(app, &after, now);
    write.check_version("profile", &app.store, &people::profile(&profile.profile), profile.version);
    let note = Note::new("mail.lifted", mine.who.actor()).fact("was", reach.reason);
    mine.commit(app, write, note.personal("address", address.as_str()), now).await?;
    Ok(done())
}

fn lifted(app: &App, after: &Reach, now: Timestamp) -> Write {
    let mut write = Write::new();
    write.reach(&app.store, after);
    let event = Event::RejudgeAddress { address: after.address.clone(), mark: format!("lifted|{now}") };
    write.event(&app.store, &event, now, false);
    write
}
