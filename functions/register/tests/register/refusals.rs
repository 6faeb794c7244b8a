//! What every path refuses: REG-13, SAFE-07. Nothing is ever written by it.

use api::path;
use gateway::{Request, testing::Browser};
use http::{HeaderValue, header};
use serde_json::{Value, json};

use crate::desk::Desk;

const JANE: &str = "jane@contoso.example";

/// Every state-changing request of `browser`, in which Jane is signed in, with a body that it would take.
async fn changes(desk: &Desk, browser: &Browser) -> Vec<(&'static str, Value)> {
    let both = ["one@fabrikam.example", "two@fabrikam.example"];
    for address in both {
        desk.post(browser, path::ADDRESSES, json!({ "address": address, "repeated": address })).await;
    }
    let [one, two] = [desk.proof(JANE, both[0]).await, desk.proof(JANE, both[1]).await];
    desk.signed_in(JANE).await;
    let sessions = desk.get(browser, path::SESSIONS).await.1["sessions"].clone();
    let other =
        sessions.as_array().expect("a list").iter().find(|session| session["here"] == false).expect("another one");
    desk.ask(&Browser::new(), "joe@contoso.example").await;
    let code = desk.code("joe@contoso.example").await;
    let link = json!({ "token": desk.link("joe@contoso.example").await });
    vec![
        (path::SIGN_IN_ASK, json!({ "address": "joe@contoso.example" })),
        (path::SIGN_IN_LINK, link),
        (path::ME, json!({ "first_name": "J", "last_name": "D", "language": "en", "phone": "" })),
        (path::COUNTRY, json!({ "country": "SE" })),
        (path::ADDRESSES, json!({ "address": "j@fabrikam.example", "repeated": "j@fabrikam.example" })),
        (path::PROOF_LINK, json!({ "token": one })),
        (path::PROVE, json!({ "token": one })),
        (path::NOT_ME, json!({ "token": two })),
        (path::SESSIONS, json!({ "id": other["id"] })),
        (path::SIGN_OUT_EVERYWHERE, json!({})),
        (path::SIGN_IN, json!({ "address": "joe@contoso.example", "code": code })),
        (path::SIGN_OUT, json!({})),
    ]
}

/// The problem document with which a request is refused; its form is checked on the way.
async fn refused(desk: &Desk, request: Request) -> Value {
    let what = format!("{} {}", request.method(), request.uri().path());
    let response = desk.answer(request).await;
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json", "{what}");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    let (status, problem) = Browser::new().take(&response);
    let code = problem["code"].as_str().expect("a code");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["type"], format!("urn:countersign:problem:{code}"));
    assert!(
        !problem["title"].as_str().expect("text").is_empty() && !problem["detail"].as_str().expect("text").is_empty()
    );
    problem
}

/// REG-13 a state-changing request from another site, or from nowhere, is refused on every path.
#[tokio::test]
async fn reg_13_requests_from_other_sites_are_refused() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let changes = changes(&desk, &browser).await;
    let before = desk.contents().await;
    for (path, body) in &changes {
        for (origin, site) in [
            (Some("https://evil.example"), None),
            (Some("https://portal.example.evil.example"), None),
            (Some("http://portal.example"), None),
            (Some("null"), None),
            (Some("https://evil.example"), Some("same-origin")),
            (None, Some("cross-site")),
            (None, Some("same-site")),
            (None, Some("none")),
            (None, None),
        ] {
            let mut request = browser.post(path, body);
            let headers = request.headers_mut();
            headers.remove(header::ORIGIN);
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            if let Some(site) = site {
                headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            }
            assert_eq!(refused(&desk, request).await["code"], "wrong-origin", "{path} {origin:?} {site:?}");
        }
    }
    assert_eq!(desk.contents().await, before);
    for (path, body) in &changes {
        let (status, said) = desk.post(&browser, path, body.clone()).await;
        assert!(status < 300, "from the portal's own pages {path} is done: {said}");
    }
}

/// SAFE-07 a body that is no JSON, of another type, too large, or with fields that nobody knows: right status, right field.
#[tokio::test]
async fn safe_07_bodies_that_are_not_taken() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let changes = changes(&desk, &browser).await;
    let before = desk.contents().await;
    for (path, body) in changes.iter().filter(|(path, _)| !path.starts_with(path::SIGN_OUT)) {
        let with = |text: String| {
            let mut request = browser.post(path, &Value::Null);
            *request.body_mut() = text.into();
            request
        };
        for cut in ["", "{", "{\"", "nonsense", "\u{feff}{}", "{\u{0}}"] {
            assert_eq!(refused(&desk, with(cut.into())).await["code"], "malformed", "{path} {cut:?}");
        }
        assert_eq!(refused(&desk, with(format!("{body} {{}}"))).await["code"], "malformed", "{path}");
        for shape in ["null", "[]", "7", "\"text\""] {
            let status = refused(&desk, with(shape.into())).await["status"].clone();
            assert!([json!(400), json!(422)].contains(&status), "{path} {shape} {status}");
        }
        let mut more = body.clone();
        more["sudo"] = json!(true);
        let problem = refused(&desk, with(more.to_string())).await;
        assert_eq!((&problem["status"], &problem["field"]), (&json!(422), &json!("sudo")), "{path}");

        let mut request = browser.post(path, body);
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        assert_eq!(refused(&desk, request).await["code"], "wrong-content-type", "{path}");
        let mut request = browser.post(path, body);
        request.headers_mut().remove(header::CONTENT_TYPE);
        assert_eq!(refused(&desk, request).await["code"], "wrong-content-type", "{path}");

        let huge = format!("{{\"token\":\"{}\"}}", "x".repeat(6_000_000));
        assert_eq!(refused(&desk, with(huge)).await["code"], "too-large", "{path}");
        let invalid = refused(&desk, with(format!("{{\"address\":{}", "[".repeat(10_000)))).await;
        assert!(invalid["status"].as_u64().expect("a status") < 500, "{path} {invalid}");
    }
    assert_eq!(desk.contents().await, before);
}

/// SAFE-07 over-long texts in every field are refused, and none of them makes an error of ours.
#[tokio::test]
async fn safe_07_over_long_texts_are_refused() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let changes = changes(&desk, &browser).await;
    let before = desk.contents().await;
    for (path, body) in &changes {
        for name in body.as_object().expect("an object").keys() {
            let mut long = body.clone();
            long[name] = json!("x".repeat(50_000));
            let status = refused(&desk, browser.post(path, &long)).await["status"].as_u64().expect("a status");
            assert!((400..500).contains(&status), "{path} {name} {status}");
        }
    }
    assert_eq!(desk.contents().await, before);
}

/// SAFE-07 without a session every path that needs one says so, whatever the cookie holds.
#[tokio::test]
async fn safe_07_bad_cookies_are_no_session() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let profile = desk.profile_of(JANE).await.profile;
    let changes = changes(&desk, &browser).await;
    let open = [path::SIGN_IN_ASK, path::SIGN_IN_LINK, path::SIGN_IN, path::PROOF_LINK, path::NOT_ME, path::SIGN_OUT];
    let before = desk.contents().await;
    let long = format!("{}.x", "p".repeat(3000));
    let guessed = format!("{profile}.guess");
    let empty = format!("{profile}.");
    for value in ["", ".", "x", "a.b", "a.b.c", "%00.%00", long.as_str(), guessed.as_str(), empty.as_str()] {
        let cookie = |mut request: Request| {
            let line = format!("__Host-session={value}; __Host-familiar={value}; __Host-asked={value}");
            request.headers_mut().insert(header::COOKIE, line.parse().expect("a header"));
            request
        };
        for (path, body) in changes.iter().filter(|(path, _)| !open.contains(path)) {
            assert_eq!(
                refused(&desk, cookie(browser.post(path, body))).await["code"],
                "sign-in-needed",
                "{path} {value}"
            );
        }
        for path in [path::ME, path::SESSIONS] {
            assert_eq!(refused(&desk, cookie(browser.get(path))).await["code"], "sign-in-needed", "{path} {value}");
        }
    }
    assert_eq!(desk.contents().await, before);
}

/// SAFE-07 other methods and other paths.
#[tokio::test]
async fn safe_07_other_methods_and_paths() {
    let desk = Desk::new().await;
    let browser = desk.signed_in(JANE).await;
    let before = desk.contents().await;
    for path in [path::ME, path::SIGN_IN, path::SESSIONS, path::ADDRESSES] {
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
            let mut request = browser.post(path, &json!({}));
            *request.method_mut() = method.parse().expect("a method");
            assert_eq!(refused(&desk, request).await["code"], "wrong-method", "{method} {path}");
        }
    }
    for path in [path::SIGN_IN_ASK, path::SIGN_IN, path::COUNTRY, path::PROVE, path::SIGN_OUT] {
        assert_eq!(refused(&desk, browser.get(path)).await["code"], "wrong-method", "{path}");
    }
    for path in ["/", "/api", "/api/me/", "/api/me/nothing", "/api/sign-in/ask/x", "/API/ME", "/api/%6de"] {
        assert_eq!(refused(&desk, browser.get(path)).await["code"], "not-found", "{path}");
    }
    assert_eq!(desk.contents().await, before);
}
