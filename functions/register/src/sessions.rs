//! A person's sessions: the list, ending one, signing out here and everywhere (REG-12).

use std::cmp::Reverse;

use api::{
    Code, Problem,
    me::{self, EndSession},
};
use gateway::{
    App, Conflict, Request, Response, Who,
    answer::{done, ok, with_cookie},
    request::RequestParts,
    session::{WhoSlots, forget},
};
use licensing::audit::Note;
use store::{Batch, Write, people};

use crate::mine::Mine;

/// The person's live sessions, the newest first.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Response, Conflict> {
    let who = Who::of(app, request).await?;
    who.touch(app).await?;
    let mut all = app.store.sessions_of(&who.profile.profile).await?;
    // One whose place another took is the same session.
    all.retain(|(_, it)| it.moved.is_none() && who.profile.holds(it, app.now(), &app.policy.sessions));
    all.sort_by_key(|(_, session)| Reverse(session.since));
    let sessions = all
        .into_iter()
        .map(|(id, session)| me::Session {
            here: id == who.id,
            id,
            since: session.since.into(),
            seen: session.seen.into(),
            address: session.address,
            browser: session.browser,
        })
        .collect();
    Ok(ok(&me::Sessions { sessions }))
}

/// Ends one of the person's sessions.
pub(crate) async fn end(app: &App, request: &Request) -> Result<Response, Conflict> {
    request.must_be_ours(app)?;
    // Which session is to be ended is read with the person; a body that can't be read is refused once it is clear who asks.
    let said = request.json::<EndSession>(app);
    let here = WhoSlots::of(app, request);
    let wanted = match (&said, here.ids()) {
        (Ok(EndSession { id }), Some((profile, _))) if is_id(id) => Some(people::session(profile, id)),
        _ => None,
    };
    let mut batch = Batch::default();
    Mine::add_to(&here, &mut batch);
    if let Some(wanted) = &wanted {
        batch.add(wanted);
    }
    let got = batch.read(&app.store).await?;
    let mine = Mine::take(app, &here, &got).await?;
    let EndSession { id } = said?;
    let found = wanted.map(|wanted| got.get(&wanted)).transpose()?.flatten();
    let here = id == mine.who.id;
    let mut write = Write::new();
    match found {
        _ if here => end_all(app, &mut write, &mine.who),
        Some(found) => {
            for name in found.before.iter().chain([&id]) {
                write.end_session(&app.store, &mine.who.profile.profile, name);
            }
        }
        None => return Err(Problem::new(Code::NotFound).field("id").detail("That session has already ended.").into()),
    }
    mine.commit(app, write, Note::new("session.ended", mine.who.actor()), app.now()).await?;
    Ok(if here { with_cookie(done(), &forget(&app.site)) } else { done() })
}

/// Signs out here. Whoever is not signed in is signed out already.
pub(crate) async fn sign_out(app: &App, request: &Request) -> Result<Response, Conflict> {
    request.must_be_ours(app)?;
    let here = WhoSlots::of(app, request);
    let mut batch = Batch::default();
    Mine::add_to(&here, &mut batch);
    if here.ids().is_some() {
        let got = batch.read(&app.store).await?;
        if here.optional(app, &got)?.is_some() {
            let mine = Mine::take(app, &here, &got).await?;
            let mut write = Write::new();
            end_all(app, &mut write, &mine.who);
            mine.commit(app, write, Note::new("profile.signed-out", mine.who.actor()), app.now()).await?;
        }
    }
    Ok(with_cookie(done(), &forget(&app.site)))
}

/// Signs out everywhere: one small write, however many sessions there are. No browser is known any more (REG-05).
pub(crate) async fn sign_out_everywhere(app: &App, request: &Request) -> Result<Response, Conflict> {
    request.must_be_ours(app)?;
    let mine = Mine::read(app, request).await?;
    let mut after = mine.next();
    after.epoch += 1;
    after.browsers.clear();
    let note = Note::new("profile.signed-out-everywhere", mine.who.actor());
    mine.keep(app, &after, Write::new(), note, app.now()).await?;
    Ok(with_cookie(done(), &forget(&app.site)))
}

/// Ends a session, and the one of before, which would still serve for a moment.
pub(crate) fn end_all(app: &App, write: &mut Write, who: &Who) {
    for name in who.session_names() {
        write.end_session(&app.store, &who.profile.profile, &name);
    }
}

/// Whether a text has the form of a session's name: a hash.
fn is_id(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
