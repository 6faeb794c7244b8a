//! What the browser asks the functions: one function an endpoint.

use std::cell::Cell;

use api::{
    Code, Page, Problem,
    activations::{Activation, Confirm, Confirmed, LinkShown, Mailed, Preview, Previewed, Remap, Row, Where, Which},
    audit,
    me::{About, AddAddress, ConfirmCountry, EndSession, Licences, Me, Profile, ProofMailed, ProofShown, Sessions},
    path,
    sign_in::{Ask, Asked, LinkShown as SignInLinkShown, LinkToken, SignIn},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{browser, messages as m};

/// An answer, or what went wrong and what helps.
pub(crate) type Answered<T> = Result<T, Problem>;

/// Reading is tried again by itself so often, after these waits.
const PATIENCE_MS: [i32; 3] = [1_000, 2_500, 5_000];

thread_local! {
    static WHEN_SIGNED_OUT: Cell<fn()> = const { Cell::new(|| {}) };
}

/// Sets what happens when the session has ended, wherever that is noticed.
pub(crate) fn when_signed_out(act: fn()) {
    WHEN_SIGNED_OUT.set(act);
}

/// Acts on problems that have one answer everywhere: who is not signed in any more signs in.
pub(crate) fn noticed(problem: &Problem) -> bool {
    let signed_out = problem.code == Code::SignInNeeded;
    if signed_out {
        WHEN_SIGNED_OUT.get()();
    }
    signed_out
}

// ---- signing in ----

pub(crate) async fn ask_for_code(ask: &Ask) -> Answered<Asked> {
    post(path::SIGN_IN_ASK, ask).await
}

pub(crate) async fn sign_in_link(token: &LinkToken) -> Answered<SignInLinkShown> {
    post(path::SIGN_IN_LINK, token).await
}

pub(crate) async fn sign_in(how: &SignIn) -> Answered<Me> {
    post(path::SIGN_IN, how).await
}

pub(crate) async fn sign_out() -> Answered<()> {
    exchange("POST", path::SIGN_OUT, None, None).await.map(drop)
}

pub(crate) async fn sign_out_everywhere() -> Answered<()> {
    exchange("POST", path::SIGN_OUT_EVERYWHERE, None, None).await.map(drop)
}

// ---- me ----

pub(crate) async fn about() -> Answered<About> {
    get(path::ABOUT).await
}

pub(crate) async fn me() -> Answered<Me> {
    get(path::ME).await
}

pub(crate) async fn save_profile(profile: &Profile) -> Answered<Me> {
    post(path::ME, profile).await
}

pub(crate) async fn confirm_country(country: &ConfirmCountry) -> Answered<Me> {
    post(path::COUNTRY, country).await
}

pub(crate) async fn add_address(address: &AddAddress) -> Answered<ProofMailed> {
    post(path::ADDRESSES, address).await
}

pub(crate) async fn proof_link(token: &LinkToken) -> Answered<ProofShown> {
    post(path::PROOF_LINK, token).await
}

pub(crate) async fn prove(token: &LinkToken) -> Answered<Me> {
    post(path::PROVE, token).await
}

pub(crate) async fn not_me(token: &LinkToken) -> Answered<()> {
    post_for_nothing(path::NOT_ME, token).await
}

pub(crate) async fn sessions() -> Answered<Sessions> {
    get(path::SESSIONS).await
}

pub(crate) async fn end_session(session: &EndSession) -> Answered<()> {
    post_for_nothing(path::SESSIONS, session).await
}

pub(crate) async fn licences() -> Answered<Licences> {
    get(path::LICENCES).await
}

// ---- activations ----

pub(crate) async fn link(token: &LinkToken) -> Answered<LinkShown> {
    post(path::LINK, token).await
}

pub(crate) async fn ask_for_mail(token: &LinkToken) -> Answered<Mailed> {
    post(path::LINK_ASK, token).await
}

pub(crate) async fn activations(query: &str) -> Answered<Page<Row>> {
    get(&with_query(path::ACTIVATIONS, query)).await
}

/// One activation, also as the text that came, so that a page can tell whether anything changed.
pub(crate) async fn activation(which: &Which) -> Answered<(String, Activation)> {
    let licence = &which.licence;
    get_with_text(&path::activation(licence.programme.as_str(), licence.number.as_str(), which.product.as_str())).await
}

/// Where are the activations of a Licensing ID, also as the text that came.
pub(crate) async fn where_is(licence: &licensing::Licence) -> Answered<(String, Where)> {
    get_with_text(&path::where_is(licence.programme.as_str(), licence.number.as_str())).await
}

pub(crate) async fn preview(preview: &Preview) -> Answered<Previewed> {
    post(path::PREVIEW, preview).await
}

/// Activates; with the same key again, it answers what the first time answered.
pub(crate) async fn confirm(confirm: &Confirm, key: &str) -> Answered<Confirmed> {
    read(&exchange("POST", path::CONFIRM, Some(&written(confirm)), Some(key)).await?)
}

pub(crate) async fn undo(which: &Which) -> Answered<Activation> {
    post(path::UNDO, which).await
}

pub(crate) async fn resend(which: &Which) -> Answered<Mailed> {
    post(path::RESEND, which).await
}

pub(crate) async fn ask_revival(which: &Which) -> Answered<()> {
    post_for_nothing(path::ASK_REVIVAL, which).await
}

pub(crate) async fn remap(remap: &Remap) -> Answered<Activation> {
    post(path::REMAP, remap).await
}

// ---- audit ----

/// The audit of a Licensing ID, or the reader's own.
pub(crate) async fn audit(licence: Option<&licensing::Licence>, query: &str) -> Answered<Page<audit::Row>> {
    get(&with_query(&audit_path(licence), query)).await
}

/// Where the audit is read and exported.
pub(crate) fn audit_path(licence: Option<&licensing::Licence>) -> String {
    licence.map_or_else(
        || path::MY_AUDIT.to_owned(),
        |licence| path::audit(licence.programme.as_str(), licence.number.as_str()),
    )
}

/// A path with a query, which may be empty.
pub(crate) fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

// ---- how ----

async fn get<T: DeserializeOwned>(path: &str) -> Answered<T> {
    read(&patiently_get(path).await?)
}

async fn get_with_text<T: DeserializeOwned>(path: &str) -> Answered<(String, T)> {
    let text = patiently_get(path).await?;
    let answer = read(&text)?;
    Ok((text, answer))
}

async fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Answered<T> {
    read(&exchange("POST", path, Some(&written(body)), None).await?)
}

async fn post_for_nothing(path: &str, body: &impl Serialize) -> Answered<()> {
    exchange("POST", path, Some(&written(body)), None).await.map(drop)
}

/// Reading changes nothing, so it is tried again while the service is busy.
async fn patiently_get(path: &str) -> Answered<String> {
    for wait in PATIENCE_MS {
        match exchange("GET", path, None, None).await {
            Err(problem) if problem.status == 503 => browser::sleep(wait).await,
            answered => return answered,
        }
    }
    exchange("GET", path, None, None).await
}

async fn exchange(method: &str, path: &str, body: Option<&str>, key: Option<&str>) -> Answered<String> {
    let Some(answer) = browser::fetch(method, path, body, key).await else {
        return Err(unreachable_problem());
    };
    if (200..300).contains(&answer.status) {
        return Ok(answer.text);
    }
    Err(serde_json::from_str(&answer.text).unwrap_or_else(|_| problem_of_status(answer.status)))
}

fn read<T: DeserializeOwned>(text: &str) -> Answered<T> {
    serde_json::from_str(text).map_err(|_| problem(Code::Internal, 500, m::NOT_UNDERSTOOD, m::NOT_UNDERSTOOD_HELP))
}

fn written(body: &impl Serialize) -> String {
    serde_json::to_string(body).unwrap_or_default()
}

fn unreachable_problem() -> Problem {
    problem(Code::Unavailable, 0, m::OFFLINE, m::OFFLINE_HELP)
}

/// What stands between browser and functions may refuse in words of its own.
fn problem_of_status(status: u16) -> Problem {
    match status {
        401 => problem(Code::SignInNeeded, status, m::SIGN_IN_AGAIN, m::SIGN_IN_AGAIN_HELP),
        403 => problem(Code::NotAllowed, status, m::REFUSED, m::REFUSED_HELP),
        404 => problem(Code::NotFound, status, m::NOT_FOUND, m::NOT_FOUND_HELP),
        429 => problem(Code::TooOften, status, m::TOO_OFTEN, m::TOO_OFTEN_HELP),
        502..=504 => problem(Code::Unavailable, 503, m::UNAVAILABLE, m::UNAVAILABLE_HELP),
        _ => problem(Code::Internal, status, m::BROKEN, m::BROKEN_HELP),
    }
}

fn problem(code: Code, status: u16, title: m::Text, detail: m::Text) -> Problem {
    Problem {
        kind: String::new(),
        title: title.t().to_owned(),
        status,
        code,
        field: None,
        detail: detail.t().to_owned(),
        try_again_at: None,
        case: None,
    }
}
