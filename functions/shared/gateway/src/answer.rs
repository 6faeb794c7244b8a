//! Answers: JSON, problems, and what goes with them.

use api::{Code, Problem};
use http::{HeaderValue, StatusCode, header};
use lambda_http::Body;
use licensing::{Timestamp, activation::Refused, join, limit::TryAgainAt, request};
use serde::Serialize;
use serde_json::json;

use crate::{App, log};

/// An answer as Lambda gives it back.
pub type Response = http::Response<Body>;

/// Why a request is not answered with what it asked for.
#[derive(Debug)]
pub enum ApiError {
    /// The person can do something about it.
    Problem(Box<Problem>),
    /// The database did not do it.
    Store(store::Error),
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Code> for ApiError {
    fn from(code: Code) -> Self {
        Problem::new(code).into()
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<TryAgainAt> for ApiError {
    fn from(TryAgainAt(at): TryAgainAt) -> Self {
        Problem::new(Code::TooOften).try_again_at(at).into()
    }
}

impl ApiError {
    /// A write was lost again and again, or the database did not do it.
    pub fn of(failed: store::Failed) -> Self {
        match failed {
            store::Failed::Lost(_) => Code::Busy.into(),
            store::Failed::Error(error) => Self::Store(error),
        }
    }
}

/// A rule's refusal as a problem.
pub fn refused(refused: Refused) -> ApiError {
    match refused {
        Refused::AlreadyActivated => Code::AlreadyActivated.into(),
        Refused::Expired => Code::LinkExpired.into(),
        Refused::Replaced => Code::LinkReplaced.into(),
        Refused::NotInvited => Code::NotInvited.into(),
        Refused::NotYours => Code::WrongPerson.into(),
        Refused::TooLateToUndo => Code::TooLateToUndo.into(),
        Refused::NotActivated | Refused::NotProvisioning => Code::NotActivated.into(),
        Refused::NothingProposed => Code::NothingProposed.into(),
        Refused::MoveWaits(until) => Problem::new(Code::MoveWaits).try_again_at(until).into(),
        // Only operators decline, by the command line.
        Refused::NotExpired | Refused::NothingAsked => Code::NotExpired.into(),
        Refused::TooOften(at) => at.into(),
        Refused::NeedsOtherSide => Code::NeedsOtherSide.into(),
        Refused::SameAccount => Code::SameAccount.into(),
    }
}

/// A rule's refusal where a link was followed, or none: whoever holds a link knows that there is something, and is told whom it
/// is addressed to; anybody else gets the answer that they would get if there were nothing.
pub fn refused_by(generation: Option<u32>, refusal: Refused) -> ApiError {
    match (refusal, generation) {
        (Refused::NotYours, None) => Code::NotAllowed.into(),
        (refusal, _) => refused(refusal),
    }
}

/// A refusal of the rule about joining as a problem.
pub fn join_refused(refused: join::Refused) -> ApiError {
    let not_yours =
        "Only a global administrator of the account decides. Sign in with the address that the email went to.";
    match refused {
        // Whoever may not ask for an account learns nothing about whether it is there.
        join::Refused::NotLinked => Code::NoSuchAccount.into(),
        join::Refused::Administers => Code::AlreadyAdministered.into(),
        join::Refused::NobodyDecides => Code::NobodyDecides.into(),
        join::Refused::TooOften(at) => at.into(),
        join::Refused::NotYours => Problem::new(Code::NotAllowed).detail(not_yours).into(),
        join::Refused::Own => Code::OwnRequest.into(),
        join::Refused::SignInToGrant => Code::SignInToGrant.into(),
        join::Refused::AskerGone => Code::AskerGone.into(),
        join::Refused::Over => Problem::new(Code::LinkExpired).detail("The request has expired.").into(),
    }
}

/// A refusal of the rule about requests for permission as a problem.
pub fn request_refused(refused: request::Refused) -> ApiError {
    let not_yours = "Only an Administrator of the licence decides. Sign in with the address that the email went to.";
    match refused {
        request::Refused::NoSuchRole => Problem::new(Code::NoSuchRole).field("asked.roles").into(),
        request::Refused::HasAll => Code::HasAllRoles.into(),
        request::Refused::TooOften(at) => at.into(),
        request::Refused::NotYours => Problem::new(Code::NotAllowed).detail(not_yours).into(),
        request::Refused::Own => Code::OwnRequest.into(),
        request::Refused::SignInToGrant => Code::SignInToApprove.into(),
        request::Refused::AskerGone => Code::AskerGone.into(),
        request::Refused::NotAsked => Problem::new(Code::NotAskedFor).field("decision.grant").into(),
        request::Refused::Changed => Code::RequestChanged.into(),
        request::Refused::Over => Code::RequestOver.into(),
        request::Refused::TooEarly(at) => Problem::new(Code::TooEarlyToRemind).try_again_at(at).into(),
        request::Refused::NothingToRemind => Code::AlreadyReminded.into(),
    }
}

/// The answer to a request: what it asked for, or a problem document. What is our fault is logged here, once, without
/// addresses, tokens or bodies.
pub fn answer(app: &App, what: Result<Response, ApiError>) -> Response {
    let problem = match what {
        Ok(response) => return response,
        Err(ApiError::Problem(problem)) => *problem,
        Err(ApiError::Store(error)) => {
            let case = app.chance.name();
            log::error("a request failed", &error, json!({ "case": case }));
            let code = match error {
                // What a later release wrote is understood once this one is brought up to date, too.
                store::Error::Unavailable(_) | store::Error::Later(_) => Code::Unavailable,
                store::Error::Busy => Code::Busy,
                store::Error::Corrupt(_) | store::Error::Refused(_) => Code::Internal,
            };
            let mut problem = Problem::new(code);
            problem.case = Some(case);
            problem
        }
    };
    problem_response(&problem, app.now())
}

/// A problem as an answer.
pub fn problem_response(problem: &Problem, now: Timestamp) -> Response {
    let mut response = with_body(problem.status, "application/problem+json", body_of(problem));
    let wait = problem
        .try_again_at
        .as_ref()
        .and_then(|at| at.0.parse::<Timestamp>().ok())
        .map(|at| (at.as_second() - now.as_second()).max(1));
    // A conflict that ends by itself says when in its text; waiting is asked of clients by these two alone (SAFE-07).
    let wait = matches!(problem.status, 429 | 503).then(|| wait.unwrap_or(2));
    if let Some(wait) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}

/// A problem as an answer, with what there is to say besides under a name of its own.
pub fn problem_with(problem: &Problem, name: &str, more: &impl Serialize) -> Response {
    let mut body = serde_json::to_value(problem).unwrap_or_default();
    body[name] = serde_json::to_value(more).unwrap_or_default();
    with_body(problem.status, "application/problem+json", body_of(&body))
}

/// JSON with status 200.
pub fn ok(value: &impl Serialize) -> Response {
    with_body(200, "application/json", body_of(value))
}

/// JSON with status 202: it will be done.
pub fn accepted(value: &impl Serialize) -> Response {
    with_body(202, "application/json", body_of(value))
}

/// An answer as text: kept for a repeat of the same request.
pub fn text_of(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("answers are plain data")
}

/// What was answered before, again.
pub fn stored_answer(status: u16, text: String) -> Response {
    with_body(status, "application/json", Body::Text(text))
}

/// Done, and nothing to say.
pub fn done() -> Response {
    let mut response = with_body(204, "application/json", Body::Empty);
    response.headers_mut().remove(header::CONTENT_TYPE);
    response
}

/// A file to be kept.
pub fn file(kind: &'static str, name: &str, text: String) -> Response {
    let mut response = with_body(200, kind, Body::Text(text));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

/// With one more cookie.
#[must_use]
pub fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

fn body_of(value: &impl Serialize) -> Body {
    Body::Text(text_of(value))
}

fn with_body(status: u16, kind: &'static str, body: Body) -> Response {
    let mut response = http::Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
