//! What every request passes on its way to a function, and its answer on the way back, whatever stands before Lambda.
//!
//! - API Gateway puts the name of a stage before the path; the paths of the API begin behind it.
//! - What is no path of the API, or no method of its path, is answered here, with the methods that there are.
//! - `HEAD` is answered as `GET` without its body.
//! - A browser that missed the answer with its new session's cookie is given that again.
//! - Lambda cuts off an answer that is too large, and the browser would see a failure without a word. Here it becomes a
//!   problem that says what helps.

use std::{
    pin::{Pin, pin},
    time::Duration,
};

use api::{Code, Problem, path, path::Route};
use http::{HeaderValue, Method, Uri, header};
use lambda_http::{Body, RequestExt, request::RequestContext};
use licensing::Timestamp;
use serde_json::json;

use crate::{
    ApiError, App, Chance, Request, Response,
    answer::{answer, problem_response, with_cookie},
    log::{self, Level},
    session::{Renewal, session_cookie},
};

/// A request is answered after so long at the latest, whatever the database does: where it stays silent, with a problem that
/// says so. A write that was under way then may or may not have happened: the next read shows which.
pub const PATIENCE: Duration = Duration::from_millis(3300);

/// A load may take longer, as long as the database goes on answering. It is looked after so often.
const GLANCE: Duration = Duration::from_millis(100);

/// What Lambda takes as an answer, bytes.
const LARGEST_ANSWER: usize = 6 * 1024 * 1024;

/// What the rest of an answer takes at most: status, headers, cookies.
const AROUND_THE_BODY: usize = 64 * 1024;

/// Hands a request to the function that answers it.
pub async fn pass<F: Future<Output = Response>>(
    app: &App,
    request: Request,
    function: impl FnOnce(Request) -> F,
) -> Response {
    let mut request = without_stage(request);
    let Some(route) = Route::of(request.uri().path()) else { return answer(app, Err(Code::NotFound.into())) };
    if !route.takes(request.method().as_str()) {
        let problem = Problem::new(Code::WrongMethod).detail(format!("This address takes {}.", route.allow()));
        let mut response = problem_response(&problem, app.now());
        if let Ok(allow) = HeaderValue::try_from(route.allow()) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        return response;
    }
    let wants_body = request.method() != Method::HEAD;
    if !wants_body {
        *request.method_mut() = Method::GET;
    }
    let renewal = Renewal::default();
    request.extensions_mut().insert(renewal.clone());
    let mut response = that_fits(&app.chance, route.path, function(request).await, app.now());
    if let Some(cookie) = renewal.take().filter(|_| !sets_session(app, &response)) {
        response = with_cookie(response, &cookie);
    }
    if !wants_body {
        *response.body_mut() = Body::Empty;
    }
    response
}

/// What a function says to what it does not answer. This module lets nothing of that through, so whoever hears it found that a
/// function and the table of routes differ.
pub fn unanswered(request: &Request) -> ApiError {
    let code = if Route::of(request.uri().path()).is_some() { Code::WrongMethod } else { Code::NotFound };
    code.into()
}

/// The same, answered in time: as functions are deployed.
pub async fn pass_in_time<F: Future<Output = Response>>(
    app: &App,
    request: Request,
    function: impl FnOnce(Request) -> F,
) -> Response {
    let request = without_stage(request);
    let is_load = request.uri().path() == path::LOAD;
    let work = pin!(pass(app, request, function));
    let answered =
        if is_load { while_it_answers(app, work).await } else { tokio::time::timeout(PATIENCE, work).await.ok() };
    answered.unwrap_or_else(|| answer(app, Err(store::Error::Unavailable("no answer in time".into()).into())))
}

/// Work that is given up once the database has said nothing for so long.
async fn while_it_answers<T>(app: &App, mut work: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    let meter = app.store.meter();
    let (mut seen, mut silent) = (meter.answers(), Duration::ZERO);
    while silent < PATIENCE {
        if let Ok(done) = tokio::time::timeout(GLANCE, work.as_mut()).await {
            return Some(done);
        }
        let answers = meter.answers();
        silent = if answers == seen { silent + GLANCE } else { Duration::ZERO };
        seen = answers;
    }
    None
}

/// Whether an answer brings a session's cookie of its own, or takes it away.
fn sets_session(app: &App, response: &Response) -> bool {
    let name = session_cookie(&app.site);
    let set = response.headers().get_all(header::SET_COOKIE);
    set.iter().any(|value| value.to_str().is_ok_and(|text| text.starts_with(name)))
}

/// The request with its path as the API names it.
fn without_stage(mut request: Request) -> Request {
    let Some(RequestContext::ApiGatewayV2(context)) = request.request_context_ref() else { return request };
    let Some(stage) = context.stage.as_deref().filter(|stage| *stage != "$default") else { return request };
    let rest = request.uri().path_and_query().and_then(|all| all.as_str().strip_prefix('/')?.strip_prefix(stage));
    let uri = rest.filter(|rest| rest.starts_with('/')).and_then(|rest| rest.parse::<Uri>().ok());
    if let Some(uri) = uri {
        *request.uri_mut() = uri;
    }
    request
}

/// What is larger than Lambda sends becomes a problem that says what helps (SAFE-07).
fn that_fits(chance: &Chance, path: &str, response: Response, now: Timestamp) -> Response {
    let size = sent_size(response.body());
    if size <= LARGEST_ANSWER - AROUND_THE_BODY {
        return response;
    }
    let case = chance.name();
    log::write(Level::Error, "an answer is too large", json!({ "case": case, "path": path, "bytes": size }));
    let mut problem = Problem::new(Code::AnswerTooLarge);
    problem.case = Some(case);
    problem_response(&problem, now)
}

/// What a body takes within an answer of Lambda, where it is quoted in JSON.
fn sent_size(body: &Body) -> usize {
    match body {
        Body::Text(text) => quoted_size(text),
        Body::Binary(bytes) => bytes.len().div_ceil(3) * 4,
        _ => 0,
    }
}

/// Bytes that a text takes when it is quoted in JSON.
pub fn quoted_size(text: &str) -> usize {
    let size = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SAFE-07 Lambda cuts off what is larger than 6 MB: such an answer becomes a problem that says what helps, with a case.
    #[test]
    fn safe_07_an_answer_that_is_too_large_says_what_helps() {
        let now = "2026-11-22T03:00:00Z".parse().unwrap();
        let answered = |quotes: usize| {
            let answer = Response::new(Body::Text("\"".repeat(quotes)));
            that_fits(&Chance::system(), "/api/where", answer, now)
        };
        // Each quotation mark takes two bytes within Lambda's own answer.
        assert_eq!(answered(2_000_000).status(), 200);
        let refused = answered(3_500_000);
        let Body::Text(text) = refused.body() else { panic!("a problem is text") };
        let problem: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!((refused.status().as_u16(), problem["code"].as_str()), (500, Some("answer-too-large")));
        assert!(problem["case"].is_string());
        assert!(problem["detail"].as_str().unwrap().contains("one activation"));
    }

    #[test]
    fn a_text_is_as_large_as_serde_json_quotes_it() {
        let all: String = (0..=0x180_u32).filter_map(char::from_u32).collect();
        assert_eq!(quoted_size(&all) + 2, serde_json::to_string(&all).unwrap().len());
    }
}
