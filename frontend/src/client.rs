//! What the browser asks the functions: one function an endpoint.

use std::{cell::Cell, pin::Pin};

use api::{
    Code, Instant, Page,
    activations::{
        Activation, Confirm, Confirmed, LinkShown, Mailed, Preview, Previewed, Remap, Remapped, Row, Where, Which,
    },
    audit,
    joins::{self, Decide, JoinShown, Joins, MyRequest, Withdraw},
    me::{
        About, AddAddress, ConfirmCountry, EndSession, Licences, LiftMail, MailTroubles, Me, Profile, ProofMailed,
        ProofShown, Prove, RemoveAddress, Sessions,
    },
    path,
    sign_in::{Ask, Asked, LinkShown as SignInLinkShown, LinkToken, SignIn},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    browser::{self, Answer, Gathered},
    json::{self, written},
    messages as m,
};

/// An answer, or what went wrong and what helps.
pub(crate) type Answered<T> = Result<T, Box<Trouble>>;

/// What went wrong and what helps: as much of an [`api::Problem`] as pages show. Its code is a text, so that a code which
/// this program doesn't know yet is still explained in the words that came with it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Trouble {
    pub(crate) title: String,
    /// The HTTP status; 0 where nothing came back.
    pub(crate) status: u16,
    code: String,
    #[serde(default)]
    pub(crate) field: Option<String>,
    pub(crate) detail: String,
    #[serde(default)]
    pub(crate) try_again_at: Option<Instant>,
    #[serde(default)]
    pub(crate) case: Option<String>,
}

impl Trouble {
    /// Whether it is this.
    pub(crate) fn is(&self, code: Code) -> bool {
        self.code == code.as_str()
    }

    /// Whether the same request may succeed later.
    pub(crate) fn may_pass(&self) -> bool {
        self.status == 0 || self.status == 429 || self.status >= 500
    }

    /// How long to wait before trying again by itself makes sense, in milliseconds: the service is busy, or slows everybody
    /// down.
    pub(crate) fn short_wait(&self) -> Option<f64> {
        let until = self.try_again_at.as_ref().map(|at| (browser::millis(&at.0) - browser::now()).max(1_000.0));
        match self.status {
            503 => Some(until.unwrap_or(3_000.0)),
            429 if self.is(Code::TooOften) => until,
            _ => None,
        }
    }
}

/// Who is signed in, as far as the pages behind mailed links ask.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct SignedIn {
    pub(crate) signed_in_as: String,
}

/// Reading is tried again by itself so often, after these waits.
const PATIENCE_MS: [i32; 3] = [1_000, 2_500, 5_000];

thread_local! {
    static WHEN_SIGNED_OUT: Cell<fn()> = const { Cell::new(|| {}) };
}

/// Sets what happens when the session has ended, wherever that is noticed.
pub(crate) fn when_signed_out(act: fn()) {
    WHEN_SIGNED_OUT.set(act);
}

/// Acts on trouble that has one answer everywhere: who is not signed in any more signs in.
pub(crate) fn noticed(trouble: &Trouble) -> bool {
    let signed_out = trouble.is(Code::SignInNeeded);
    if signed_out {
        WHEN_SIGNED_OUT.get()();
    }
    signed_out
}

// ---- signing in ----

pub(crate) fn ask_for_code(ask: &Ask) -> impl Future<Output = Answered<Asked>> + use<> {
    post(path::SIGN_IN_ASK, ask)
}

pub(crate) fn sign_in_link(token: &LinkToken) -> impl Future<Output = Answered<SignInLinkShown>> + use<> {
    post(path::SIGN_IN_LINK, token)
}

pub(crate) fn sign_in(how: &SignIn) -> impl Future<Output = Answered<Me>> + use<> {
    post(path::SIGN_IN, how)
}

/// Signs in, for a page that goes on as another program, which asks for itself who that is.
pub(crate) async fn enter(how: &SignIn) -> Answered<()> {
    post_for_nothing(path::SIGN_IN, how).await.map(drop)
}

pub(crate) async fn sign_out() -> Answered<()> {
    exchange("POST", path::SIGN_OUT.to_owned(), String::new(), "").await.map(drop)
}

pub(crate) async fn sign_out_everywhere() -> Answered<()> {
    exchange("POST", path::SIGN_OUT_EVERYWHERE.to_owned(), String::new(), "").await.map(drop)
}

// ---- me ----

pub(crate) async fn about() -> Answered<About> {
    get(path::ABOUT.to_owned()).await
}

pub(crate) async fn me() -> Answered<Me> {
    get(path::ME.to_owned()).await
}

pub(crate) async fn who() -> Answered<SignedIn> {
    get(path::ME.to_owned()).await
}

pub(crate) fn save_profile(profile: &Profile) -> impl Future<Output = Answered<Me>> + use<> {
    post(path::ME, profile)
}

pub(crate) fn confirm_country(country: &ConfirmCountry) -> impl Future<Output = Answered<Me>> + use<> {
    post(path::COUNTRY, country)
}

pub(crate) fn add_address(address: &AddAddress) -> impl Future<Output = Answered<ProofMailed>> + use<> {
    post(path::ADDRESSES, address)
}

pub(crate) async fn remove_address(address: &RemoveAddress) -> Answered<()> {
    post_for_nothing(path::REMOVE_ADDRESS, address).await.map(drop)
}

pub(crate) fn proof_link(token: &LinkToken) -> impl Future<Output = Answered<ProofShown>> + use<> {
    post(path::PROOF_LINK, token)
}

/// Proves an address, for a page that asks for nobody's profile.
pub(crate) async fn prove(how: &Prove) -> Answered<()> {
    post_for_nothing(path::PROVE, how).await.map(drop)
}

/// Proves an address, and gives the person with it.
pub(crate) fn prove_mine(how: &Prove) -> impl Future<Output = Answered<Me>> + use<> {
    post(path::PROVE, how)
}

pub(crate) async fn not_me(token: &LinkToken) -> Answered<()> {
    post_for_nothing(path::NOT_ME, token).await.map(drop)
}

pub(crate) async fn sessions() -> Answered<Sessions> {
    get(path::SESSIONS.to_owned()).await
}

pub(crate) async fn end_session(session: &EndSession) -> Answered<()> {
    post_for_nothing(path::SESSIONS, session).await.map(drop)
}

pub(crate) async fn mail_troubles() -> Answered<MailTroubles> {
    get(path::MY_MAIL.to_owned()).await
}

pub(crate) async fn lift_mail(lift: &LiftMail) -> Answered<()> {
    post_for_nothing(path::MY_MAIL, lift).await.map(drop)
}

pub(crate) async fn licences(query: &str) -> Answered<Licences> {
    get(with_query(path::LICENCES, query)).await
}

// ---- activations ----

pub(crate) fn link(token: &LinkToken) -> impl Future<Output = Answered<LinkShown>> + use<> {
    post(path::LINK, token)
}

pub(crate) fn ask_for_mail(token: &LinkToken) -> impl Future<Output = Answered<Mailed>> + use<> {
    post(path::LINK_ASK, token)
}

pub(crate) async fn activations(query: &str) -> Answered<Page<Row>> {
    get(with_query(path::ACTIVATIONS, query)).await
}

/// One activation, also as the text that came, so that a page can tell whether anything changed.
pub(crate) async fn activation(which: &Which) -> Answered<(String, Activation)> {
    let licence = &which.licence;
    get_with_text(path::activation(licence.programme.as_str(), licence.number.as_str(), which.product.as_str())).await
}

/// Where are the activations of a Licensing ID, also as the text that came.
pub(crate) async fn where_is(licence: &licensing::Licence) -> Answered<(String, Where)> {
    get_with_text(path::where_is(licence.programme.as_str(), licence.number.as_str())).await
}

pub(crate) fn preview(preview: &Preview) -> impl Future<Output = Answered<Previewed>> + use<> {
    post(path::PREVIEW, preview)
}

/// Activates; with the same key again, it answers what the first time answered.
pub(crate) async fn confirm(confirm: &Confirm, key: &str) -> Answered<Confirmed> {
    read(&exchange("POST", path::CONFIRM.to_owned(), written(confirm), key).await?)
}

pub(crate) async fn undo(which: &Which) -> Answered<()> {
    post_for_nothing(path::UNDO, which).await.map(drop)
}

pub(crate) fn resend(which: &Which) -> impl Future<Output = Answered<Mailed>> + use<> {
    post(path::RESEND, which)
}

pub(crate) async fn ask_revival(which: &Which) -> Answered<()> {
    post_for_nothing(path::ASK_REVIVAL, which).await.map(drop)
}

pub(crate) fn decline_remap(remap: &Remap) -> impl Future<Output = Answered<Remapped>> + use<> {
    post(path::DECLINE_REMAP, remap)
}

pub(crate) fn remap(remap: &Remap) -> impl Future<Output = Answered<Remapped>> + use<> {
    post(path::REMAP, remap)
}

// ---- joining an account ----

pub(crate) fn ask_to_join(ask: &joins::Ask) -> impl Future<Output = Answered<MyRequest>> + use<> {
    post(path::JOIN_ASK, ask)
}

pub(crate) fn withdraw_join(withdraw: &Withdraw) -> impl Future<Output = Answered<MyRequest>> + use<> {
    post(path::JOIN_WITHDRAW, withdraw)
}

pub(crate) fn join_link(token: &LinkToken) -> impl Future<Output = Answered<JoinShown>> + use<> {
    post(path::JOIN_LINK, token)
}

pub(crate) fn decide_join(decide: &Decide) -> impl Future<Output = Answered<JoinShown>> + use<> {
    post(path::JOIN_DECIDE, decide)
}

pub(crate) async fn joins() -> Answered<Joins> {
    get(path::JOINS.to_owned()).await
}

// ---- audit ----

/// The audit of a Licensing ID, or the reader's own.
pub(crate) async fn audit(licence: Option<&licensing::Licence>, query: &str) -> Answered<Page<audit::Row>> {
    get(with_query(&audit_path(licence), query)).await
}

/// Where the audit is read and exported.
pub(crate) fn audit_path(licence: Option<&licensing::Licence>) -> String {
    licence.map_or_else(
        || path::MY_AUDIT.to_owned(),
        |licence| path::audit(licence.programme.as_str(), licence.number.as_str()),
    )
}

// ---- files ----

/// Fetches a file, which may come in parts, and gives it to the reader under this name. `part` is told which part is being
/// fetched, from 2.
pub(crate) async fn file(path: String, name: String, part: impl Fn(u32)) -> Answered<()> {
    let gathered = Gathered::new();
    // Our own names are in small letters.
    if name.strip_suffix(".csv").is_some() {
        gathered.begin_with_mark();
    }
    let mut next = Some(path);
    let mut count = 0;
    while let Some(path) = next {
        count += 1;
        if count > 1 {
            part(count);
        }
        let answer = patiently(path).await?;
        gathered.add(&answer);
        next = answer.next_part();
    }
    gathered.save(&name).map_err(|_| trouble(500, m::NOT_SAVED, m::NOT_SAVED_HELP))
}

/// A path with a query, which may be empty.
pub(crate) fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

// ---- how ----

type Exchange = Pin<Box<dyn Future<Output = Answered<String>>>>;

async fn get<T: DeserializeOwned>(path: String) -> Answered<T> {
    read(&patiently_get(path).await?)
}

async fn get_with_text<T: DeserializeOwned>(path: String) -> Answered<(String, T)> {
    let text = patiently_get(path).await?;
    let answer = read(&text)?;
    Ok((text, answer))
}

fn post<T: DeserializeOwned, B: Serialize>(
    path: &'static str,
    body: &B,
) -> impl Future<Output = Answered<T>> + use<T, B> {
    let sent = exchange("POST", path.to_owned(), written(body), "");
    async move { read(&sent.await?) }
}

fn post_for_nothing(path: &'static str, body: &impl Serialize) -> Exchange {
    exchange("POST", path.to_owned(), written(body), "")
}

fn patiently_get(path: String) -> Exchange {
    Box::pin(async move { Ok(patiently(path).await?.text()) })
}

/// Reading changes nothing, so it is tried again while the service is busy.
async fn patiently(path: String) -> Answered<Answer> {
    for wait in PATIENCE_MS {
        match good(browser::answer(browser::fetch("GET", &path, "", "")).await) {
            Err(trouble) if trouble.status == 503 => browser::sleep(wait).await,
            answered => return answered,
        }
    }
    good(browser::answer(browser::fetch("GET", &path, "", "")).await)
}

/// Sends, and gives the text that came back. An empty body or key is none.
fn exchange(method: &'static str, path: String, body: String, key: &str) -> Exchange {
    let sent = browser::fetch(method, &path, &body, key);
    Box::pin(async move { Ok(good(browser::answer(sent).await)?.text()) })
}

/// What came back, if it is what was asked for.
fn good(answer: Option<Answer>) -> Answered<Answer> {
    let answer = answer.ok_or_else(|| trouble(0, m::OFFLINE, m::OFFLINE_HELP))?;
    match answer.status {
        200..300 => Ok(answer),
        status => Err(json::read(&answer.text()).map_or_else(|| trouble_of_status(status), Box::new)),
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Answered<T> {
    json::read(text).ok_or_else(|| trouble(500, m::NOT_UNDERSTOOD, m::NOT_UNDERSTOOD_HELP))
}

/// What stands between browser and functions may refuse in words of its own.
fn trouble_of_status(status: u16) -> Box<Trouble> {
    let (title, detail) = match status {
        401 => (m::SIGN_IN_AGAIN, m::SIGN_IN_AGAIN_HELP),
        403 => (m::REFUSED, m::REFUSED_HELP),
        404 => (m::NOT_FOUND, m::NOT_FOUND_HELP),
        429 => (m::TOO_OFTEN, m::TOO_OFTEN_HELP),
        502..=504 => (m::UNAVAILABLE, m::UNAVAILABLE_HELP),
        _ => (m::BROKEN, m::BROKEN_HELP),
    };
    let status = if status == 502 || status == 504 { 503 } else { status };
    trouble(status, title, detail)
}

fn trouble(status: u16, title: m::Text, detail: m::Text) -> Box<Trouble> {
    let code = if status == 401 { Code::SignInNeeded } else { Code::Internal };
    Box::new(Trouble {
        title: title.t().to_owned(),
        status,
        code: code.as_str().to_owned(),
        field: None,
        detail: detail.t().to_owned(),
        try_again_at: None,
        case: None,
    })
}
