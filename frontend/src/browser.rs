//! The only place that talks to the browser: its address bar, stores, clock, dates, focus and `fetch`.

use std::{
    cell::Cell,
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

use js_sys::{Date, Function, JSON, Promise};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Blob, BlobPropertyBag, Document, Event, FocusOptions, Headers, HtmlAnchorElement, HtmlElement,
    RequestCredentials, RequestInit, Response, Storage, Url, Window,
};

use crate::messages as m;

/// Longer than any function may run.
const TIMEOUT_MS: u32 = 35_000;

pub(crate) fn window() -> Window {
    web_sys::window().expect("a page has a window")
}

pub(crate) fn document() -> Document {
    window().document().expect("a window has a document")
}

/// Does it later, when the present step is through.
pub(crate) fn spawn(future: impl Future<Output = ()> + 'static) {
    let future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(future);
    wasm_bindgen_futures::spawn_local(future);
}

/// Does two things at once.
pub(crate) async fn both<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut first, mut second) = (None, None);
    poll_fn(|context| {
        if first.is_none()
            && let Poll::Ready(answer) = a.as_mut().poll(context)
        {
            first = Some(answer);
        }
        if second.is_none()
            && let Poll::Ready(answer) = b.as_mut().poll(context)
        {
            second = Some(answer);
        }
        match (first.take(), second.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (a, b) => {
                (first, second) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}

/// Waits.
pub(crate) async fn sleep(ms: i32) {
    let promise = Promise::new(&mut |resolve: Function, _: Function| {
        // A browser that can't set a timer goes on at once.
        if window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms).is_err() {
            drop(resolve.call0(&JsValue::NULL));
        }
    });
    drop(JsFuture::from(promise).await);
}

/// Listens on the window for as long as the page lives.
pub(crate) fn listen(event: &str, act: impl FnMut(Event) + 'static) {
    let act = Closure::<dyn FnMut(Event)>::new(act);
    drop(window().add_event_listener_with_callback(event, act.as_ref().unchecked_ref()));
    act.forget();
}

// ---- fetch ----

/// Asks the functions. An empty body or key is none.
pub(crate) fn fetch(method: &str, path: &str, body: &str, key: &str) -> Result<Promise, JsValue> {
    let headers = Headers::new()?;
    headers.set("accept", "application/json")?;
    let init = RequestInit::new();
    init.set_method(method);
    init.set_credentials(RequestCredentials::SameOrigin);
    if !body.is_empty() {
        headers.set("content-type", "application/json")?;
        init.set_body(&JsValue::from_str(body));
    }
    if !key.is_empty() {
        headers.set("idempotency-key", key)?;
    }
    init.set_headers(&headers);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MS)));
    Ok(window().fetch_with_str_and_init(path, &init).unchecked_into())
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    text: JsValue,
    headers: Headers,
}

/// Waits for what comes back; none if the functions could not be reached.
pub(crate) async fn answer(sent: Result<Promise, JsValue>) -> Option<Answer> {
    let response: Response = JsFuture::from(sent.ok()?).await.ok()?.unchecked_into();
    let text: Promise = response.text().ok()?.unchecked_into();
    let text = JsFuture::from(text).await.ok()?;
    let answer = Answer { status: response.status(), text, headers: response.headers() };
    if let Some(date) = answer.header("date") {
        set_clock(&date);
    }
    Some(answer)
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        self.text.as_string().unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).ok()?
    }

    /// Where the next part of a file is: `</api/…>; rel="next"`.
    pub(crate) fn next_part(&self) -> Option<String> {
        let link = self.header("link")?;
        Some(link.strip_prefix('<')?.split_once('>')?.0.to_owned())
    }
}

/// A file that is put together of what comes back.
pub(crate) struct Gathered(js_sys::Array);

impl Gathered {
    pub(crate) fn new() -> Self {
        Self(js_sys::Array::new())
    }

    /// Begins with the mark by which spreadsheets know UTF-8: browsers leave it out of a text that comes with it.
    pub(crate) fn begin_with_mark(&self) {
        self.0.push(&JsValue::from_str("\u{feff}"));
    }

    /// Adds what came back.
    pub(crate) fn add(&self, part: &Answer) {
        self.0.push(&part.text);
    }

    /// Gives it to the reader as a file of this name.
    pub(crate) fn save(&self, name: &str) -> Result<(), JsValue> {
        let kind = BlobPropertyBag::new();
        kind.set_type("application/octet-stream");
        let url = Url::create_object_url_with_blob(&Blob::new_with_str_sequence_and_options(&self.0, &kind)?)?;
        let link: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
        link.set_href(&url);
        link.set_download(name);
        link.click();
        // The browser takes it up in a step of its own.
        spawn(async move {
            sleep(60_000).await;
            drop(Url::revoke_object_url(&url));
        });
        Ok(())
    }
}

// ---- address bar ----

/// The path, the query without `?`, and the fragment without `#`.
pub(crate) fn address() -> (String, String, String) {
    fn part(text: Result<String, JsValue>) -> String {
        let mut text = text.unwrap_or_default();
        if !text.is_empty() {
            text.remove(0);
        }
        text
    }
    let location = window().location();
    (location.pathname().unwrap_or_default(), part(location.search()), part(location.hash()))
}

/// Where this site is: `https://licensing.example`.
pub(crate) fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// Leaves this program for another page of the site.
pub(crate) fn leave_for(path: &str) {
    drop(window().location().set_href(path));
}

/// The same, so that going back does not lead to the page that is left.
pub(crate) fn leave_instead(path: &str) {
    drop(window().location().replace(path));
}

/// Writes another address into the bar in place of the present one, and nothing else.
pub(crate) fn replace_address(path: &str) {
    if let Ok(history) = window().history() {
        drop(history.replace_state_with_url(&JsValue::NULL, "", Some(path)));
    }
}

/// Writes another address into the bar, as a new entry of the history or in place of the present one.
pub(crate) fn show_address(path: &str, replace: bool) {
    let Ok(history) = window().history() else { return };
    let url = Some(path);
    drop(if replace {
        history.replace_state_with_url(&JsValue::NULL, "", url)
    } else {
        keep_place();
        history.push_state_with_url(&JsValue::NULL, "", url)
    });
}

thread_local! {
    static AWAITED: Cell<f64> = const { Cell::new(0.0) };
}

/// Remembers where this entry of the history was left: its page will be drawn soon, and then be shown there.
pub(crate) fn await_kept_place() {
    let kept = window().history().ok().and_then(|history| history.state().ok()).and_then(|state| state.as_f64());
    AWAITED.set(kept.unwrap_or_default());
}

/// Whether the page will be shown where it was left.
pub(crate) fn awaits_kept_place() -> bool {
    AWAITED.get() > 0.0
}

/// Shows the page that was just drawn where it was left.
pub(crate) fn scroll_to_awaited_place() {
    let place = AWAITED.replace(0.0);
    if place > 0.0 {
        spawn(async move {
            sleep(0).await;
            window().scroll_to_with_x_and_y(0.0, place);
        });
    }
}

/// Writes down where the page is being read, for coming back to it.
pub(crate) fn keep_place() {
    if let Ok(history) = window().history() {
        drop(history.replace_state(&JsValue::from_f64(window().scroll_y().unwrap_or_default()), ""));
    }
}

/// Scrolls to the top.
pub(crate) fn scroll_to_top() {
    AWAITED.set(0.0);
    window().scroll_to_with_x_and_y(0.0, 0.0);
}

// ---- stores ----

/// What this tab keeps until it is closed.
pub(crate) fn kept(key: &str) -> Option<String> {
    tab_store()?.get_item(key).ok()?
}

/// Keeps a text in this tab; an empty one is forgotten.
pub(crate) fn keep(key: &str, text: &str) {
    let Some(store) = tab_store() else { return };
    drop(if text.is_empty() { store.remove_item(key) } else { store.set_item(key, text) });
}

/// Forgets everything that this tab keeps.
pub(crate) fn forget_all() {
    if let Some(store) = tab_store() {
        drop(store.clear());
    }
}

fn tab_store() -> Option<Storage> {
    window().session_storage().ok()?
}

/// What this browser keeps for all its tabs.
pub(crate) fn kept_by_browser(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// Keeps a text for all tabs of this browser; an empty one is forgotten.
pub(crate) fn keep_in_browser(key: &str, text: &str) {
    let Ok(Some(store)) = window().local_storage() else { return };
    drop(if text.is_empty() { store.remove_item(key) } else { store.set_item(key, text) });
}

/// A key that no one else has.
pub(crate) fn random_key() -> String {
    window().crypto().map(|crypto| crypto.random_uuid()).unwrap_or_default()
}

thread_local! {
    static NAMED: Cell<u32> = const { Cell::new(0) };
}

/// A name for an element that no other element of the page has.
pub(crate) fn fresh_id() -> String {
    NAMED.set(NAMED.get() + 1);
    String::from("part-") + &written_number(f64::from(NAMED.get()))
}

// ---- time ----

thread_local! {
    /// How far the service's clock is ahead of this machine's, in milliseconds. Before the first answer, what this tab knows
    /// from the page before.
    static AHEAD: Cell<f64> = Cell::new(kept(KEPT_AHEAD).map_or(0.0, |ahead| read_number(&ahead)));
}

const KEPT_AHEAD: &str = "clock-ahead";

/// A clock that is off by less is right: answers are on their way for a moment, and name whole seconds.
const CLOCK_SLACK_MS: f64 = 30_000.0;

/// Deadlines are judged by the service's clock, as an answer tells it: this machine's may be wrong, and that of a portal on one
/// machine can be moved.
fn set_clock(date: &str) {
    let ahead = Date::parse(date) - Date::now();
    let ahead = if ahead.abs() > CLOCK_SLACK_MS { ahead } else { 0.0 };
    // (Whole seconds move a little with each answer.)
    if (ahead - AHEAD.get()).abs() > CLOCK_SLACK_MS {
        AHEAD.set(ahead);
        keep(KEPT_AHEAD, &written_number(ahead));
    }
}

/// A number as the browser reads it; 0 if it is none. What `core` reads and writes numbers with a point with, and its tables of
/// powers, would be a quarter of a small program.
fn read_number(text: &str) -> f64 {
    let number = js_sys::parse_float(text);
    if number.is_nan() { 0.0 } else { number }
}

/// The same number as a text.
fn written_number(number: f64) -> String {
    js_sys::Number::from(number).to_string_with_radix(10).map_or_else(|_| String::new(), String::from)
}

/// Milliseconds since 1970 by the service's clock.
pub(crate) fn now() -> f64 {
    ticks() + AHEAD.get()
}

/// Milliseconds by this machine's clock, to measure how long something took here.
pub(crate) fn ticks() -> f64 {
    Date::now()
}

/// An RFC 3339 text in milliseconds since 1970; not a number if it isn't one.
pub(crate) fn millis(instant: &str) -> f64 {
    Date::parse(instant)
}

/// The texts are English, so are the dates; the reader's own order of day and month is kept where it is English too.
fn locale() -> String {
    window().navigator().language().filter(|language| language.starts_with("en")).unwrap_or_else(|| "en-GB".to_owned())
}

fn formatted(instant: &str, options: &str) -> String {
    let at = Date::new(&JsValue::from_str(instant));
    if at.get_time().is_nan() {
        return instant.to_owned();
    }
    let options = JSON::parse(options).unwrap_or(JsValue::UNDEFINED);
    at.to_locale_string(&locale(), &options).into()
}

/// Date and time in the reader's zone, with the zone.
pub(crate) fn date_and_time(instant: &str) -> String {
    formatted(
        instant,
        r#"{"day":"numeric","month":"short","year":"numeric","hour":"2-digit","minute":"2-digit","timeZoneName":"short"}"#,
    )
}

/// The present day in UTC, `2026-05-31`: the last days of permissions end with it.
pub(crate) fn today() -> String {
    let now = String::from(Date::new(&JsValue::from_f64(now())).to_iso_string());
    now.get(..10).unwrap_or_default().to_owned()
}

/// Whether an instant is on the reader's present day.
pub(crate) fn is_today(instant: &str) -> bool {
    let day = |at: &JsValue| String::from(Date::new(at).to_date_string());
    day(&JsValue::from_str(instant)) == day(&JsValue::from_f64(now()))
}

/// The time of day in the reader's zone, with the zone.
pub(crate) fn time_of_day(instant: &str) -> String {
    formatted(instant, r#"{"hour":"2-digit","minute":"2-digit","timeZoneName":"short"}"#)
}

/// The time of day so many milliseconds from now, to the second, with the zone.
pub(crate) fn time_in(ms: f64) -> String {
    let at = Date::new(&JsValue::from_f64(now() + ms)).to_iso_string();
    formatted(&String::from(at), r#"{"hour":"2-digit","minute":"2-digit","second":"2-digit","timeZoneName":"short"}"#)
}

/// A day without a zone, `2026-05-31`, as people write it.
pub(crate) fn day(date: &str) -> String {
    formatted(date, r#"{"day":"numeric","month":"short","year":"numeric","timeZone":"UTC"}"#)
}

/// A number with its groups parted.
pub(crate) fn number(count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "quantities stay far below 2^53")]
    let number = js_sys::Number::from(count as f64);
    number.to_locale_string(&locale()).into()
}

fn country_names() -> js_sys::Intl::DisplayNames {
    let options = JSON::parse(r#"{"type":"region"}"#).unwrap_or(JsValue::UNDEFINED);
    let locales = js_sys::Array::of1(&JsValue::from_str(&locale()));
    js_sys::Intl::DisplayNames::new(locales.unchecked_ref(), options.unchecked_ref())
}

/// The name of a country or region by its code.
pub(crate) fn country(code: &str) -> String {
    if code.is_empty() {
        return m::DASH.t().to_owned();
    }
    country_names().of(code).map_or_else(|| code.to_owned(), String::from)
}

/// The names of countries and regions in the order of the alphabet, with their codes.
pub(crate) fn countries() -> Vec<(String, String)> {
    let names = country_names();
    let all = licensing::Country::all().map(|country| {
        let code = country.to_string();
        (names.of(&code).map_or_else(|| code.clone(), String::from), code)
    });
    let (locales, options) = (js_sys::Array::new(), js_sys::Object::new());
    let name = |entry: &(String, String)| js_sys::JsString::from(entry.0.as_str());
    in_order(all, |a, b| name(a).locale_compare(&b.0, &locales, &options) < 0)
}

/// Puts things in order; of equals, the first stays first. The ways of `std` are quicker for thousands, and many times as large
/// as this.
pub(crate) fn in_order<T>(all: impl Iterator<Item = T>, before: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut ordered = Vec::new();
    for one in all {
        let place = ordered.partition_point(|other| !before(&one, other));
        ordered.insert(place, one);
    }
    ordered
}

/// Texts with something between them.
pub(crate) fn joined<'t>(all: impl Iterator<Item = &'t str>, between: &str) -> String {
    let mut text = String::new();
    for one in all {
        if !text.is_empty() {
            text.push_str(between);
        }
        text.push_str(one);
    }
    text
}

/// Whether a text holds another one. The search of `std` is made for long texts, and larger.
pub(crate) fn has(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|at| at == part.as_bytes())
}

/// Whether a text is of a form that is known to be one.
pub(crate) fn fits(text: &str, form: &str) -> bool {
    js_sys::RegExp::new(form, "u").test(text)
}

// ---- what people see and hear ----

/// Whether the page is in front.
pub(crate) fn is_visible() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

/// Names the page.
pub(crate) fn title(text: &str) {
    document().set_title(&[text, " – ", m::PRODUCT.t()].concat());
}

/// Says at the front of the page's name that something has to be corrected.
pub(crate) fn title_has_error() {
    let title = document().title();
    let mark = m::ERROR_MARK.t();
    if !title.starts_with(mark) {
        document().set_title(&[mark, &title].concat());
    }
}

/// Tells those who listen instead of looking.
pub(crate) fn announce(text: &str) {
    if let Some(live) = document().get_element_by_id("live") {
        live.set_text_content(Some(text));
    }
}

/// Whether there is an element of this name.
pub(crate) fn has_element(id: &str) -> bool {
    document().get_element_by_id(id).is_some()
}

/// What a field holds in which something was just typed.
pub(crate) fn typed(event: &Event) -> String {
    let field = event.target().map(JsValue::from).unwrap_or_default();
    js_sys::Reflect::get(&field, &"value".into()).ok().and_then(|value| value.as_string()).unwrap_or_default()
}

/// Fills a field anew.
pub(crate) fn fill(id: &str, value: &str) {
    if let Some(field) = document().get_element_by_id(id) {
        drop(js_sys::Reflect::set(&field, &"value".into(), &value.into()));
    }
}

/// Whether a box is ticked to which something just happened.
pub(crate) fn is_ticked(event: &Event) -> bool {
    let field = event.target().map(JsValue::from).unwrap_or_default();
    js_sys::Reflect::get(&field, &"checked".into()).is_ok_and(|checked| checked.is_truthy())
}

/// Ticks all boxes of a class, or takes the ticks off.
pub(crate) fn tick_all(class: &str, ticked: bool) {
    let others = if ticked { ":not(:checked)" } else { ":checked" };
    let selector = ["input.", class, others].concat();
    while let Ok(Some(field)) = document().query_selector(&selector) {
        if js_sys::Reflect::set(&field, &"checked".into(), &ticked.into()) != Ok(true) {
            return;
        }
    }
}

/// Moves the keyboard to the first element that fits, once it is there.
pub(crate) fn focus(selector: impl Into<String>) {
    let selector: String = selector.into();
    spawn(async move {
        sleep(0).await;
        if let Ok(Some(element)) = document().query_selector(&selector) {
            let element = element.unchecked_into::<HtmlElement>();
            let options = FocusOptions::new();
            options.set_prevent_scroll(awaits_kept_place());
            drop(element.focus_with_options(&options));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_put_in_order_and_equals_stay_as_they_came() {
        let all = [(3, 'a'), (1, 'b'), (3, 'c'), (2, 'd'), (1, 'e')];
        let ordered = in_order(all.into_iter(), |one, other| one.0 < other.0);
        assert_eq!(ordered, [(1, 'b'), (1, 'e'), (2, 'd'), (3, 'a'), (3, 'c')]);
        assert!(in_order([0; 0].into_iter(), |one, other| one < other).is_empty());
    }

    #[test]
    fn texts_are_joined_and_searched() {
        assert_eq!(joined(["a", "b", "c"].into_iter(), ", "), "a, b, c");
        assert_eq!(joined([].into_iter(), ", "), "");
        assert!(has("/sign-in?next=/s", "next=") && has("Edg", "Edg"));
        assert!(!has("/sign-in", "next=") && !has("Ed", "Edg"));
    }
}
