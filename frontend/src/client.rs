//! What the browser asks the functions: one function an endpoint.

use std::{
    cell::Cell,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use api::{
    Code, Instant, Page,
    activations::{
        Activation, Confirm, Confirmed, LinkShown, Mailed, Preview, Previewed, Remap, Remapped, Row, Where, Which,
    },
    audit,
    joins::{self, Decide, JoinShown, Joins, MyRequest, Withdraw},
    me::{
        AddAddress, ConfirmCountry, EndSession, Licences, LiftMail, MailTroubles, Me, Overview, Profile, ProofMailed,
        Prove, RemoveAddress, Sessions, TakeAddress,
    },
    path,
    people::InviteAgain,
    requests::{GiveUp, InspectRequest, OnLicence},
    sign_in::{Ask, Asked, LinkToken, SignIn},
};
use licensing::policy::Publisher;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    browser::{self, Answer, Gathered},
    json::{self, written},
    messages as m,
    permissions::{
        AccessShown, Approvals, AskPermission, ChangePerson, DecideRequest, GivenUp, LicenceShown, MyRequests, People,
        PermissionRequest, PersonOutcome, RequestShown,
    },
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

/// Who publishes: as much of an [`api::me::About`] as pages show. The policy's many numbers are for other programs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct About {
    pub(crate) publisher: Publisher,
}

/// Who is signed in, as far as the pages behind mailed links ask.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct SignedIn {
    pub(crate) signed_in_as: String,
}

/// Reading is tried again by itself so often, after these waits, …
const PATIENCE_MS: [i32; 2] = [1_000, 2_500];

/// … unless it has taken so long already: what does not answer in time would keep its reader waiting for minutes.
const LONG_MS: f64 = 5_000.0;

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

pub(crate) fn sign_in_link(token: &LinkToken) -> Exchange {
    post_for_text(path::SIGN_IN_LINK, token)
}

pub(crate) fn sign_in(how: &SignIn) -> impl Future<Output = Answered<Me>> + use<> {
    post(path::SIGN_IN, how)
}

/// Signs in, for a page that goes on as another program, which asks for itself who that is.
pub(crate) fn enter(how: &SignIn) -> Exchange {
    post_for_nothing(path::SIGN_IN, how)
}

pub(crate) fn sign_out() -> Exchange {
    exchange("POST", path::SIGN_OUT.to_owned(), String::new(), "")
}

pub(crate) fn sign_out_everywhere() -> Exchange {
    exchange("POST", path::SIGN_OUT_EVERYWHERE.to_owned(), String::new(), "")
}

// ---- me ----

pub(crate) fn about() -> impl Future<Output = Answered<About>> + use<> {
    get(path::ABOUT.to_owned())
}

pub(crate) fn me() -> impl Future<Output = Answered<Me>> + use<> {
    get(path::ME.to_owned())
}

pub(crate) fn who() -> impl Future<Output = Answered<SignedIn>> + use<> {
    get(path::ME.to_owned())
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

/// Asks for another mail to an address, for a page that knows what the answer says.
pub(crate) fn mail_proof_again(address: &AddAddress) -> Exchange {
    post_for_nothing(path::ADDRESSES, address)
}

pub(crate) fn remove_address(address: &RemoveAddress) -> Exchange {
    post_for_nothing(path::REMOVE_ADDRESS, address)
}

pub(crate) fn proof_link(token: &LinkToken) -> Exchange {
    post_for_text(path::PROOF_LINK, token)
}

/// Proves an address, for a page that asks for nobody's profile.
pub(crate) fn prove(how: &Prove) -> Exchange {
    post_for_nothing(path::PROVE, how)
}

/// Proves an address, and gives the person with it.
pub(crate) fn prove_mine(how: &Prove) -> impl Future<Output = Answered<Me>> + use<> {
    post(path::PROVE, how)
}

/// Asks for an address that another profile holds, for a page that asks for nobody's profile.
pub(crate) fn move_address(how: &Prove) -> Exchange {
    post_for_nothing(path::MOVE_ADDRESS, how)
}

/// The same, and gives the person who waits for it.
pub(crate) fn move_to_me(how: &Prove) -> impl Future<Output = Answered<Me>> + use<> {
    post(path::MOVE_ADDRESS, how)
}

/// Takes an address that was asked for.
pub(crate) fn take_address(address: &TakeAddress) -> impl Future<Output = Answered<Me>> + use<> {
    post(path::TAKE_ADDRESS, address)
}

pub(crate) fn not_me(token: &LinkToken) -> Exchange {
    post_for_nothing(path::NOT_ME, token)
}

pub(crate) fn sessions() -> impl Future<Output = Answered<Sessions>> + use<> {
    get(path::SESSIONS.to_owned())
}

pub(crate) fn end_session(session: &EndSession) -> Exchange {
    post_for_nothing(path::SESSIONS, session)
}

pub(crate) fn mail_troubles() -> impl Future<Output = Answered<MailTroubles>> + use<> {
    get(path::MY_MAIL.to_owned())
}

pub(crate) fn lift_mail(lift: &LiftMail) -> Exchange {
    post_for_nothing(path::MY_MAIL, lift)
}

pub(crate) fn licences(query: &str) -> impl Future<Output = Answered<Licences>> + use<> {
    get(with_query(path::LICENCES, query))
}

/// What there is at a glance.
pub(crate) fn overview() -> impl Future<Output = Answered<Overview>> + use<> {
    get(path::OVERVIEW.into())
}

/// One licence, also as the text that came: what lists show of it is read from that.
pub(crate) fn licence(licence: &licensing::Licence) -> impl Future<Output = Answered<(String, LicenceShown)>> + use<> {
    get_with_text(path::licence(licence.programme.as_str(), licence.number.as_str()))
}

/// The people of a licence.
pub(crate) fn people(licence: &licensing::Licence, query: &str) -> impl Future<Output = Answered<People>> + use<> {
    get(with_query(&path::licence_people(licence.programme.as_str(), licence.number.as_str()), query))
}

// ---- activations ----

pub(crate) fn link(token: &LinkToken) -> impl Future<Output = Answered<LinkShown>> + use<> {
    post(path::LINK, token)
}

pub(crate) fn ask_for_mail(token: &LinkToken) -> impl Future<Output = Answered<Mailed>> + use<> {
    post(path::LINK_ASK, token)
}

pub(crate) fn activations(query: &str) -> impl Future<Output = Answered<Page<Row>>> + use<> {
    get(with_query(path::ACTIVATIONS, query))
}

/// One activation, also as the text that came, so that a page can tell whether anything changed.
pub(crate) fn activation(which: &Which) -> impl Future<Output = Answered<(String, Activation)>> + use<> {
    let licence = &which.licence;
    get_with_text(path::activation(licence.programme.as_str(), licence.number.as_str(), which.product.as_str()))
}

/// Where are the activations of a Licensing ID, also as the text that came.
pub(crate) fn where_is(
    licence: &licensing::Licence,
    query: &str,
) -> impl Future<Output = Answered<(String, Where)>> + use<> {
    get_with_text(with_query(&path::where_is(licence.programme.as_str(), licence.number.as_str()), query))
}

pub(crate) fn preview(preview: &Preview) -> impl Future<Output = Answered<Previewed>> + use<> {
    post(path::PREVIEW, preview)
}

/// Activates; with the same key again, it answers what the first time answered.
pub(crate) fn confirm(confirm: &Confirm, key: &str) -> impl Future<Output = Answered<Confirmed>> + use<> {
    answered(exchange("POST", path::CONFIRM.to_owned(), written(confirm), key))
}

pub(crate) fn undo(which: &Which) -> Exchange {
    post_for_nothing(path::UNDO, which)
}

pub(crate) fn resend(which: &Which) -> impl Future<Output = Answered<Mailed>> + use<> {
    post(path::RESEND, which)
}

pub(crate) fn ask_revival(which: &Which) -> Exchange {
    post_for_nothing(path::ASK_REVIVAL, which)
}

pub(crate) fn decline_remap(remap: &Remap) -> impl Future<Output = Answered<Remapped>> + use<> {
    post(path::DECLINE_REMAP, remap)
}

pub(crate) fn remap(remap: &Remap) -> impl Future<Output = Answered<Remapped>> + use<> {
    post(path::REMAP, remap)
}

// ---- joining an account ----

pub(crate) fn ask_to_join(ask: &joins::AskToJoin) -> impl Future<Output = Answered<MyRequest>> + use<> {
    post(path::JOIN_ASK, ask)
}

pub(crate) fn withdraw_join(withdraw: &Withdraw) -> impl Future<Output = Answered<MyRequest>> + use<> {
    post(path::JOIN_WITHDRAW, withdraw)
}

pub(crate) fn join_link(token: &LinkToken) -> Exchange {
    post_for_text(path::JOIN_LINK, token)
}

pub(crate) fn decide_join(decide: &Decide) -> impl Future<Output = Answered<JoinShown>> + use<> {
    post(path::JOIN_DECIDE, decide)
}

pub(crate) fn joins() -> impl Future<Output = Answered<Joins>> + use<> {
    get(path::JOINS.to_owned())
}

// ---- permissions ----

pub(crate) fn my_requests() -> impl Future<Output = Answered<MyRequests>> + use<> {
    get(path::REQUESTS.to_owned())
}

/// Asks for permission; who has asked for the same already is told of that.
pub(crate) fn ask_permission(ask: &AskPermission) -> impl Future<Output = Answered<PermissionRequest>> + use<> {
    post(path::REQUEST_ASK, ask)
}

pub(crate) fn withdraw_request(on: &OnLicence) -> impl Future<Output = Answered<PermissionRequest>> + use<> {
    post(path::REQUEST_WITHDRAW, on)
}

pub(crate) fn remind(on: &OnLicence) -> impl Future<Output = Answered<PermissionRequest>> + use<> {
    post(path::REQUEST_REMIND, on)
}

/// Gives a Licensing ID up; with the same key again, it answers what the first time answered.
pub(crate) fn give_up(give_up: &GiveUp, key: &str) -> impl Future<Output = Answered<GivenUp>> + use<> {
    answered(exchange("POST", path::GIVE_UP.to_owned(), written(give_up), key))
}

/// What a change of somebody's rights would do.
pub(crate) fn preview_person(change: &ChangePerson) -> impl Future<Output = Answered<PersonOutcome>> + use<> {
    post(path::PERSON_PREVIEW, change)
}

/// Changes somebody's rights; with the same key again, it answers what the first time answered.
pub(crate) fn change_person(change: &ChangePerson, key: &str) -> impl Future<Output = Answered<PersonOutcome>> + use<> {
    answered(exchange("POST", path::PERSON_CHANGE.to_owned(), written(change), key))
}

/// Sends an invitation again; with the same key again, it answers what the first time answered.
pub(crate) fn invite_again(invite: &InviteAgain, key: &str) -> impl Future<Output = Answered<PersonOutcome>> + use<> {
    answered(exchange("POST", path::PERSON_INVITE.to_owned(), written(invite), key))
}

pub(crate) fn approvals(query: &str) -> impl Future<Output = Answered<Approvals>> + use<> {
    get(with_query(path::APPROVALS, query))
}

pub(crate) fn inspect_request(request: &InspectRequest) -> impl Future<Output = Answered<RequestShown>> + use<> {
    post(path::APPROVAL_INSPECT, request)
}

/// The same, for the page behind a mailed link.
pub(crate) fn inspect_mailed_request(request: &InspectRequest) -> Exchange {
    post_for_text(path::APPROVAL_INSPECT, request)
}

pub(crate) fn decide_request(decide: &DecideRequest) -> impl Future<Output = Answered<RequestShown>> + use<> {
    post(path::APPROVAL_DECIDE, decide)
}

/// Who may do what on a Licensing ID, and why.
pub(crate) fn access(licence: &licensing::Licence, query: &str) -> impl Future<Output = Answered<AccessShown>> + use<> {
    get(with_query(&path::access(licence.programme.as_str(), licence.number.as_str()), query))
}

// ---- audit ----

/// The audit of a Licensing ID, or the reader's own.
pub(crate) fn audit(
    licence: Option<&licensing::Licence>,
    query: &str,
) -> impl Future<Output = Answered<Page<audit::Row>>> + use<> {
    get(with_query(&audit_path(licence), query))
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

/// A path with a query, which may be empty. The path may have the beginning of one.
pub(crate) fn with_query(path: &str, query: &str) -> String {
    let mark = match query {
        "" => "",
        _ if path.bytes().any(|byte| byte == b'?') => "&",
        _ => "?",
    };
    [path, mark, query].concat()
}

// ---- how ----

/// A request under way, of one type for all: who waits for nothing but its success waits for this, and the compiler makes no
/// further state machine of it.
pub(crate) type Exchange = Pin<Box<dyn Future<Output = Answered<String>>>>;

fn get<T: DeserializeOwned>(path: String) -> impl Future<Output = Answered<T>> + use<T> {
    answered(patiently_get(path))
}

async fn get_with_text<T: DeserializeOwned>(path: String) -> Answered<(String, T)> {
    let text = patiently_get(path).await?;
    let answer = read(&text)?;
    Ok((text, answer))
}

fn answered<T>(asked: Exchange) -> Reading<T> {
    Reading { asked, as_what: PhantomData }
}

/// An exchange whose answer is read as a `T`. Written out, because the compiler makes more of an `async fn` for each `T`, and all
/// of it has to be fetched before a page shows anything.
struct Reading<T> {
    asked: Exchange,
    as_what: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Future for Reading<T> {
    type Output = Answered<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answered<T>> {
        self.asked.as_mut().poll(context).map(|text| read(&text?))
    }
}

fn post<T: DeserializeOwned, B: Serialize>(
    path: &'static str,
    body: &B,
) -> impl Future<Output = Answered<T>> + use<T, B> {
    answered(exchange("POST", path.to_owned(), written(body), ""))
}

/// For pages that share one way of asking, and read the text themselves.
fn post_for_text(path: &'static str, body: &impl Serialize) -> Exchange {
    post_for_nothing(path, body)
}

fn post_for_nothing(path: &'static str, body: &impl Serialize) -> Exchange {
    exchange("POST", path.to_owned(), written(body), "")
}

/// Does something as soon as a request has succeeded.
pub(crate) fn then<F: FnOnce() + 'static>(exchange: Exchange, act: F) -> impl Future<Output = Answered<()>> + use<F> {
    // Of one type, so that all share what waits.
    after(exchange, Box::new(act))
}

async fn after(exchange: Exchange, act: Box<dyn FnOnce()>) -> Answered<()> {
    exchange.await?;
    act();
    Ok(())
}

fn patiently_get(path: String) -> Exchange {
    Box::pin(async move { Ok(patiently(path).await?.text()) })
}

/// Reading changes nothing, so it is tried again while the service is busy.
async fn patiently(path: String) -> Answered<Answer> {
    let end = browser::ticks() + LONG_MS;
    for wait in PATIENCE_MS {
        match good(browser::answer(browser::fetch("GET", &path, "", "")).await) {
            Err(trouble) if trouble.status == 503 && browser::ticks() < end => browser::sleep(wait).await,
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

pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Answered<T> {
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
