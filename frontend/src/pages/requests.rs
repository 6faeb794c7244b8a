//! `/requests`: the reader's own requests for permission, how far each has come, and what the reader can do (REQ-04, REQ-09).

use api::{
    Instant,
    requests::{OnLicence, RequestState},
};
use leptos::prelude::*;
use licensing::request::Nobody;

use crate::{
    app::app,
    browser,
    client::{self, Answered},
    components::{
        Draw, Place,
        approving::granted,
        dialog::Dialog,
        element,
        form::Form,
        html::{
            actions, button_link, fact, facts, h1, h2, hint, inset, lead, line, link, list, p, said, section, tag,
            text, time,
        },
        load::{draw, loaded},
        words,
    },
    messages as m,
    permissions::{MyRequests, PermissionRequest},
    route::Route,
};

pub(crate) fn page() -> AnyView {
    loaded(fetch)
}

async fn fetch() -> Answered<Draw> {
    let found = client::my_requests().await?;
    draw(move || all(found))
}

fn all(found: MyRequests) -> AnyView {
    let mut parts = vec![h1(m::REQUESTS_TITLE)];
    let ask = actions(vec![button_link("/request", m::REQUEST_PERMISSION)]);
    if found.requests.is_empty() {
        parts.extend([p(m::NO_REQUESTS), hint(m::NO_REQUESTS_HELP), ask]);
        return parts.into_any();
    }
    parts.push(lead(m::REQUESTS_LEAD));
    if found.pending < found.most {
        parts.push(ask);
    } else {
        parts.push(inset(vec![p(m::TOO_MANY_WAIT.with(&[("most", &found.most.to_string())]))]));
    }
    parts.extend(found.requests.into_iter().map(one));
    parts.into_any()
}

/// One request, which is drawn anew when the reader does something with it.
fn one(request: PermissionRequest) -> AnyView {
    let place = Place::new();
    place.show(move || inner(request, place, None));
    section(vec![place.view()])
}

fn inner(request: PermissionRequest, place: Place, news: Option<m::Text>) -> AnyView {
    let id = words::licence(&request.licence);
    let mut parts = vec![h2(id.clone()), line(vec![state(request.state)])];
    parts.extend(news.map(told));
    let when = |at: &Instant| browser::date_and_time(&at.0);
    let support = app().about.peek(|about| about.as_ref().map(|about| about.publisher.support.clone()));
    let support = support.unwrap_or_else(|| m::THE_PUBLISHER.t().to_owned());
    let may_remind = is_remindable(&request);
    parts.push(list(progress(&request, may_remind, &support, when).into_iter().map(text).collect()));
    parts.extend(granted(&request.asked, request.granted.as_ref()));
    if !request.message.is_empty() {
        parts.push(p(m::REQUEST_WAS_SAID.with(&[("message", &request.message)])));
    }
    parts.push(about(&request));
    let mut ways = Vec::new();
    match request.state {
        RequestState::Pending => {
            ways.extend(may_remind.then(|| remind(&request, place)));
            ways.push(withdraw(&request, place));
        }
        RequestState::Granted | RequestState::GrantedInPart => {
            ways.push(words::licence_link(&request.licence));
            ways.push(link(Route::Access(request.licence.clone()).path(), m::WHY_CAN_I));
        }
        _ => {}
    }
    parts.push(actions(ways));
    parts.into_any()
}

/// What was just done; it takes the keyboard, as the button that did it is gone.
fn told(news: m::Text) -> AnyView {
    let id = browser::fresh_id();
    browser::focus(String::from("#") + &id);
    element("div").class("inset").set("id", id).set("tabindex", "-1").with(p(news)).view()
}

/// For what it was asked, by which address, and what was said of it.
pub(crate) fn about(request: &PermissionRequest) -> AnyView {
    let mut rows = vec![
        fact(m::ASKED_FOR, words::roles(&request.asked)),
        fact(m::YOUR_ADDRESS, text(request.address.as_str().to_owned())),
    ];
    rows.extend(request.asked.until.as_deref().map(|day| fact(m::LAST_DAY_FACT, text(words::until(day)))));
    if !request.comment.is_empty() {
        rows.push(fact(m::COMMENT, said(request.comment.clone())));
    }
    rows.push(fact(m::JOIN_ASKED_AT, time(&request.asked_at)));
    facts(rows)
}

fn state(state: RequestState) -> AnyView {
    let (class, word) = match state {
        RequestState::Pending => ("later", m::IS_PENDING),
        RequestState::Granted => ("good", m::IS_GRANTED),
        RequestState::GrantedInPart => ("good", m::IS_GRANTED_IN_PART),
        RequestState::Denied => ("bad", m::IS_DENIED),
        RequestState::Withdrawn => ("over", m::IS_WITHDRAWN),
        RequestState::Replaced => ("over", m::IS_REPLACED),
        RequestState::Ended | RequestState::EndedWithAgreement => ("over", m::IS_ENDED),
    };
    tag(class, word)
}

/// How far it has come, in sentences without names (REQ-03, REQ-04): what is not told is not said.
pub(crate) fn progress(
    request: &PermissionRequest,
    may_remind: bool,
    support: &str,
    when: impl Fn(&Instant) -> String,
) -> Vec<String> {
    let ended = request.ended_at.as_ref().map(&when).unwrap_or_default();
    let over = |text: m::Text| vec![text.with(&[("ended", &ended)])];
    match request.state {
        RequestState::Pending => {}
        RequestState::Granted => return over(m::GRANTED_AT),
        RequestState::GrantedInPart => return over(m::GRANTED_IN_PART_AT),
        RequestState::Denied => return over(m::REQUEST_DENIED_AT),
        RequestState::Withdrawn => return over(m::YOU_WITHDREW_AT),
        RequestState::Replaced => return over(m::YOU_REPLACED_AT),
        RequestState::Ended => return over(m::ENDED_AT),
        RequestState::EndedWithAgreement => return over(m::ENDED_WITH_AGREEMENT_AT),
    }
    let mut told = Vec::new();
    match (request.nobody, request.sent_to) {
        (Some(Nobody::Unknown), _) => told.push(m::NOBODY_UNKNOWN.with(&[("support", support)])),
        (Some(Nobody::NoAdministrator), _) => told.push(m::NOBODY_ADMINISTERS.with(&[("support", support)])),
        (Some(Nobody::Unreachable), _) => told.push(m::NOBODY_REACHED.with(&[("support", support)])),
        (None, Some(1)) => told.push(m::SENT_TO_ONE.t().to_owned()),
        (None, Some(count)) => told.push(m::SENT_TO.with(&[("count", &count.to_string())])),
        (None, None) => told.push(m::SENT_IF_KNOWN.t().to_owned()),
    }
    let dated = [
        (m::REMINDED_ON, request.reminder_at.as_ref()),
        (m::UNDECIDED_ON, request.undecided_at.as_ref()),
        (m::ENDS_ON, Some(&request.ends_at)),
    ];
    for (text, at) in dated {
        told.extend(at.map(|at| text.with(&[("time", &when(at))])));
    }
    match &request.remind_from {
        Some(from) if !may_remind && request.nobody.is_none() => {
            told.push(m::REMIND_FROM.with(&[("time", &when(from))]));
        }
        _ => {}
    }
    told
}

/// Whether the reader may have others reminded now (REQ-09).
fn is_remindable(request: &PermissionRequest) -> bool {
    let from = request.remind_from.as_ref().filter(|_| request.nobody.is_none());
    from.is_some_and(|from| browser::millis(&from.0) <= browser::now())
}

fn remind(request: &PermissionRequest, place: Place) -> AnyView {
    let dialog =
        Dialog { title: m::REMIND.into(), inner: vec![p(m::REMIND_ASKS)], yes: m::REMIND.into(), class: "quiet" };
    let on = OnLicence { licence: request.licence.clone() };
    dialog.view(Form::new(), move |_| {
        let reminding = client::remind(&on);
        Some(async move {
            now_is(reminding.await?, place, m::REMIND_DONE);
            Ok(())
        })
    })
}

fn withdraw(request: &PermissionRequest, place: Place) -> AnyView {
    let dialog = Dialog {
        title: m::JOIN_WITHDRAW.into(),
        inner: vec![p(m::JOIN_WITHDRAW_ASKS)],
        yes: m::JOIN_WITHDRAW.into(),
        class: "quiet",
    };
    let on = OnLicence { licence: request.licence.clone() };
    dialog.view(Form::new(), move |_| {
        let withdrawing = client::withdraw_request(&on);
        Some(async move {
            now_is(withdrawing.await?, place, m::JOIN_WITHDRAWN_DONE);
            Ok(())
        })
    })
}

/// Shows what has changed, and tells it to those who listen.
fn now_is(request: PermissionRequest, place: Place, news: m::Text) {
    browser::announce(news.t());
    place.show(move || inner(request, place, Some(news)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::Roles;

    fn pending() -> PermissionRequest {
        let at = |text: &str| Instant(text.into());
        PermissionRequest {
            licence: "select/1".parse().unwrap(),
            address: "a@b.example".parse().unwrap(),
            asked: Roles::default(),
            comment: String::new(),
            state: RequestState::Pending,
            asked_at: at("asked"),
            ends_at: at("the 30th"),
            sent_to: Some(3),
            nobody: None,
            reminder_at: Some(at("the 3rd")),
            undecided_at: Some(at("the 10th")),
            remind_from: Some(at("the 2nd")),
            ended_at: None,
            granted: None,
            message: String::new(),
        }
    }

    fn told(request: &PermissionRequest, may_remind: bool) -> Vec<String> {
        progress(request, may_remind, "help@publisher.example", |at| at.0.clone())
    }

    /// REQ-04 a colleague sees to how many it went, and what happens when; an outsider sees dates only.
    #[test]
    fn req_04_progress_is_told_without_names() {
        let dates = [
            "We remind the Administrators on the 3rd.",
            "If nobody has decided by the 10th, we tell the notices contact.",
            "If nobody decides, the request expires on the 30th.",
            "You can send a reminder yourself from the 2nd.",
        ];
        let colleague = told(&pending(), false);
        assert_eq!(colleague[0], "We sent it to 3 Administrators.");
        assert_eq!(colleague[1..], dates);
        let outsider = told(&PermissionRequest { sent_to: None, ..pending() }, false);
        assert_eq!(outsider[0], "We sent it to the Administrators, if we know such a licence.");
        assert_eq!(outsider[1..], dates);
        assert_eq!(told(&PermissionRequest { sent_to: Some(1), ..pending() }, true).len(), 4);
    }

    /// REQ-07 where nobody can decide, the reason is told, and whom to write to.
    #[test]
    fn req_07_who_waits_for_nobody_is_told_why() {
        let told =
            told(&PermissionRequest { nobody: Some(Nobody::NoAdministrator), sent_to: None, ..pending() }, false);
        assert!(told[0].contains("no Administrator") && told[0].contains("help@publisher.example"), "{}", told[0]);
        assert!(!told.iter().any(|sentence| sentence.contains("reminder yourself")));
    }
}
