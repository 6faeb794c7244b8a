//! Takes a request for permission (REQ-01 … REQ-06).

use api::{
    Code, Problem,
    requests::{AskPermission, PermissionRequest},
};
use gateway::{
    ApiError, App, Conflict, Request, Response,
    answer::{accepted, request_refused},
    optimistic,
    request::RequestParts,
    session::{Who, WhoSlots},
};
use licensing::{
    Licence, ProfileId, Timestamp,
    access::{Access, Level, access},
    activation::Person,
    limit::{TryAgainAt, span},
    limits::{Size, networks_of},
    request::{AskOutcome, Asked, NewRequest, Request as Permission},
    words::is_hidden,
};
use store::{
    Batch, Error, Failed, Write,
    marks::tally,
    requests::{self, AskedList},
    standing::holder,
};

/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// One read, one transaction: the same for a number that is known and for one that is not, so that nobody learns which it is
/// (REQ-02). Asking again for the same changes nothing.
pub(crate) async fn ask(app: &App, request: &Request) -> Result<Response, ApiError> {
    let body: AskPermission = request.json(app)?;
    let comment = comment(app, &body.comment)?;
    let (licence, asked) = (body.licence, Asked::from(body.asked));
    let who_slots = WhoSlots::of(app, request);
    let asker: ProfileId = who_slots.ids().map(|(profile, _)| profile.clone()).ok_or(Code::SignInNeeded)?;
    let slots = requests::RequestSlots::new(&licence, &asker);
    let list_slot = requests::asked(&asker);
    let mut unclear = false;
    optimistic!(app.store, async {
        let mut batch = Batch::default().with(&list_slot);
        who_slots.add_to(&mut batch);
        slots.add_to(&mut batch);
        let holder_slot = body.address.as_ref().map(|address| holder(&licence, address));
        if let Some(slot) = &holder_slot {
            batch.add(slot);
        }
        let got = batch.read(&app.store).await?;
        let who = who_slots.take(app, &got)?;
        let (context, list) = (slots.from(&got)?, got.get(&list_slot)?);
        let by = acting(&who, body.address.as_ref())?;
        let now = app.now();

        let held = match &holder_slot {
            Some(slot) => got.get(slot)?,
            // Who doesn't name an address asks by that of the session, which is only known now.
            None => app.store.get(&holder(&licence, &by.address)).await?,
        };
        let held = held.map(|held| held.record);
        let has = context.loaded.as_ref().map_or_else(Access::default, |loaded| {
            let agreement = loaded.agreement();
            let level = Level {
                licence: &agreement.licence,
                starts: agreement.starts,
                ends: agreement.ends,
                contacts: agreement.contacts(),
                corrections: None,
                holder: held.as_ref(),
            };
            access(&[level], &by.address, now)
        });
        let name = who.profile.name();
        let new = NewRequest { licence: &licence, by: &by, name: &name, asked: &asked, comment: &comment, has: &has };
        let policy = &app.policy.requests;
        let step = match Permission::ask(context.request.clone(), &new, now, policy).map_err(request_refused)? {
            AskOutcome::Pending(request) => return Ok(accepted(&PermissionRequest::of(&request, now, policy))),
            AskOutcome::New(step) => *step,
        };
        room_for_one_more(app, &asker, list.as_ref(), &licence, now).await?;

        let (day, end) = span(now, DAY);
        let mut write = Write::new();
        write.request(&app.store, &step, &context, now, policy);
        let after = list.clone().unwrap_or_default().with(&licence, now, step.after().ends_at);
        write.asked_list(&app.store, &asker, list.as_ref(), &after);
        write.check_owner(&app.store, &by.address, &asker);
        // From one line as many as an office needs, from all lines of an organisation four times as many.
        for (size, name) in networks_of(&request.network(app)) {
            let counter = tally(&format!("requests#network#{}", app.keys.links().pseudonym(&name)), day);
            let most = policy.asks_a_day_a_network.saturating_mul(times(size));
            write.tally("asks", &app.store, &counter, most, now);
        }
        match write.commit(&app.store).await {
            Ok(()) => Ok(accepted(&PermissionRequest::of(step.after(), now, policy))),
            Err(Failed::Lost(lost)) if lost.part == "asks" => Err(TryAgainAt(end).into()),
            // It may have been made although no answer came: then it is found in the next round.
            Err(Failed::Error(Error::Unavailable(_))) if !std::mem::replace(&mut unclear, true) => Err(Conflict::Lost),
            Err(failed) => Err(failed.into()),
        }
    })
}

/// How many times as much as from the smallest network may come from one of this size.
const fn times(size: Size) -> u32 {
    match size {
        Size::Ipv4 | Size::Ipv6By64 => 1,
        Size::Ipv6By56 => 2,
        Size::Ipv6By48 => 4,
    }
}

/// By which address they ask: the one that they name, or that of the session, must be theirs, and count (REG-09).
fn acting(who: &Who, address: Option<&licensing::Address>) -> Result<Person, ApiError> {
    let address = address.unwrap_or(&who.session.address);
    if !who.proven().contains(address) {
        let detail = if who.profile.holding(address).is_some() {
            "You have to confirm this address again first. You can do that under My profile."
        } else {
            "Choose one of your own proven addresses. Add this one under My profile first."
        };
        return Err(Problem::new(Code::BadField).field("address").detail(detail).into());
    }
    Ok(who.acting_as([address]))
}

/// A person has so many pending requests at most (REQ-03). They are only looked at where the list is that long.
async fn room_for_one_more(
    app: &App,
    asker: &ProfileId,
    list: Option<&AskedList>,
    licence: &Licence,
    now: Timestamp,
) -> Result<(), ApiError> {
    let most = usize::try_from(app.policy.requests.pending).unwrap_or(usize::MAX);
    let may_wait: Vec<Licence> =
        list.into_iter().flat_map(|list| list.may_wait(licence, now)).map(|on| on.licence.clone()).collect();
    if may_wait.len() < most {
        return Ok(());
    }
    let mut batch = Batch::default();
    for licence in &may_wait {
        batch.add(&requests::request(licence, asker));
    }
    let got = batch.read(&app.store).await?;
    let mut pending = 0;
    for licence in &may_wait {
        let request = got.get(&requests::request(licence, asker))?;
        pending += usize::from(request.is_some_and(|request| request.state_at(now).is_pending()));
    }
    if pending < most { Ok(()) } else { Err(Code::TooManyRequests.into()) }
}

/// What they say of it: several lines, shown as they stand.
fn comment(app: &App, text: &str) -> Result<String, ApiError> {
    let most = app.policy.requests.comment_characters;
    let refused = |detail: String| Err(Problem::new(Code::BadField).field("comment").detail(detail).into());
    let text = text.trim().replace("\r\n", "\n");
    if text.chars().count() > usize::try_from(most).unwrap_or(usize::MAX) {
        return refused(format!("Type at most {most} characters. We saved nothing."));
    }
    if text.chars().any(|c| c != '\n' && is_hidden(c)) {
        return refused("It has invisible characters. Type it again without them. We saved nothing.".to_owned());
    }
    Ok(text)
}
