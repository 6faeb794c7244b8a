//! People of the sample data who ask for permission, so that pages have something to show and to decide (REQ-01). They ask as
//! everybody does, through the function that takes requests.

use api::{path, requests::AskPermission};
use gateway::{App, Request, session};
use http::{HeaderValue, header};
use lambda_http::Body;
use licensing::{Address, Licence};
use serde_json::json;
use store::{
    Failed, Write,
    people::{self, Profile},
};

/// Address, first name, last name, the roles, the Licensing ID, and what they say of it.
type Asker = (&'static str, &'static str, &'static str, &'static [&'static str], &'static str, &'static str);

/// Who asks.
const ASKERS: [Asker; 3] = [
    (
        "mia.r@robotics10.example",
        "Mia",
        "R.",
        &["online-services-manager"],
        "enterprise/85890364",
        "I take over the mail service in January.",
    ),
    (
        "otto.k@robotics10.example",
        "Otto",
        "K.",
        &["licensing-info", "download"],
        "select/31400001",
        "I install the office programs in the new plant.",
    ),
    (
        "pat.h@consulting.example",
        "Pat",
        "H.",
        &["licensing-info"],
        "enterprise/85890364",
        "We advise you on licences and would like to see what you have.",
    ),
];

/// Has them ask, unless they did before.
pub(crate) async fn ask(app: &App) -> Result<(), store::Error> {
    for (address, first, last, roles, licence, comment) in ASKERS {
        let address: Address = address.parse().expect("an address");
        let licence: Licence = licence.parse().expect("a Licensing ID");
        let Some(cookie) = sign_in(app, &address, first, last).await? else { continue };
        let asked = json!({ "licence": licence, "asked": { "roles": roles }, "comment": comment });
        let asked: AskPermission = serde_json::from_value(asked).expect("a request");
        let body = serde_json::to_string(&asked).expect("plain data");
        let mut request = Request::new(Body::Text(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = http::Uri::from_static(path::REQUEST_ASK);
        let text = |text: &str| HeaderValue::from_str(text).expect("a header");
        request.headers_mut().insert(header::ORIGIN, text(&app.site.base));
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.headers_mut().insert(header::COOKIE, text(&cookie));
        let answer = request_permission::handle(app, request).await;
        if !answer.status().is_success() {
            return Err(store::Error::Refused(format!(
                "the sample data: {} could not ask: {}",
                address.masked(),
                answer.status()
            )));
        }
    }
    Ok(())
}

/// A new person with a session; none where somebody has the address already.
async fn sign_in(app: &App, address: &Address, first: &str, last: &str) -> Result<Option<String>, store::Error> {
    let now = app.now();
    let profile: Profile = serde_json::from_value(json!({
        "profile": app.chance.name(),
        "first_name": first,
        "last_name": last,
        "language": "en",
        "country": "SE",
        "addresses": [{ "address": address, "at": now }],
        "since": now,
        "version": 1,
    }))
    .expect("a profile");
    if app.store.get(&people::owner(address)).await?.is_some() {
        return Ok(None);
    }
    let mut write = Write::new();
    write.profile(&app.store, None, &profile);
    write.owner(&app.store, address, &profile.profile, now);
    let begun = session::begin(app, &mut write, &profile, address, "sample data", now);
    match write.commit(&app.store).await {
        Ok(()) => Ok(Some(begun.cookie.split(';').next().unwrap_or_default().to_owned())),
        Err(Failed::Lost(_)) => Ok(None),
        Err(Failed::Error(error)) => Err(error),
    }
}
