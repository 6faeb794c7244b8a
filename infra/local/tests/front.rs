//! The portal's one address: pages with their headers, and the API behind it.

mod help;

use help::{Scratch, ask, get};
use local::Options;
use serde_json::json;

/// Pages as `cargo xtask pages` builds them.
fn pages() -> Scratch {
    let scratch = Scratch::new();
    let write = |name: &str, text: &str| {
        let file = scratch.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    write("index.html", "the portal");
    write("link.html", "a mailed link");
    write("people.html", "managing users");
    write("assets/portal.0123456789.js", "plain");
    write("assets/portal.0123456789.js.br", "brotli");
    write("secret.txt", "not of the pages");
    let manifest = json!({
        "entries": {
            "portal": {"page": "/index.html", "paths": ["/*"], "loads": []},
            "link": {"page": "/link.html", "paths": ["/a", "/s", "/p", "/j"], "loads": []},
            "people": {"page": "/people.html", "paths": ["/manage/*"], "loads": []},
        },
        "files": {
            "/index.html": {"type": "text/html; charset=utf-8", "cache": "no-store"},
            "/link.html": {"type": "text/html; charset=utf-8", "cache": "no-store"},
            "/people.html": {"type": "text/html; charset=utf-8", "cache": "no-store"},
            "/assets/portal.0123456789.js": {"type": "text/javascript", "cache": "immutable"},
        },
    });
    write("manifest.json", &manifest.to_string());
    scratch
}

/// SAFE-05 UI-01 LINK-01
#[tokio::test]
async fn every_path_has_its_page_and_every_page_the_strict_headers() {
    let pages = pages();
    let running =
        local::start(Options { pages: Some(pages.path().into()), ..Options::default() }).await.expect("it starts");
    let url = &running.portal_url;
    for (path, text) in [
        ("/", "the portal"),
        ("/activations/enterprise/1", "the portal"),
        ("/a", "a mailed link"),
        ("/s", "a mailed link"),
        ("/a/", "a mailed link"),
        ("/p.", "a mailed link"),
        ("/a/b", "the portal"),
        ("/manage", "the portal"),
        ("/manage/enterprise/1", "managing users"),
        ("/manage/enterprise/1/person", "managing users"),
    ] {
        let page = get(url, path).await;
        assert_eq!((page.status, page.text()), (200, text), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';")
                && !policy.contains("unsafe-inline")
        );
        for header in ["referrer-policy", "permissions-policy", "cross-origin-opener-policy", "x-content-type-options"]
        {
            assert!(page.header(header).is_some(), "{header}");
        }
    }
    for path in ["/secret.txt", "/assets/old.js", "/../secret.txt", "/favicon.ico", "/manifest.json"] {
        assert_eq!(get(url, path).await.status, 404, "{path}");
    }
    let asset = ask(url, "GET", "/assets/portal.0123456789.js", &[("accept-encoding", "gzip, br")], b"").await;
    assert_eq!((asset.text(), asset.header("content-encoding")), ("brotli", Some("br")));
    assert!(asset.header("cache-control").unwrap().contains("immutable"));
    assert_eq!(get(url, "/assets/portal.0123456789.js").await.text(), "plain");

    // The token of a link whose `#` a gateway encoded goes back behind it.
    for (path, address) in
        [("/a%23AbC-_9", "/a#AbC-_9"), ("/j/%2523AbC%253E", "/j#AbC"), ("/s%23AbC&utm_source=x", "/s#AbC")]
    {
        let led = get(url, path).await;
        assert_eq!((led.status, led.header("location")), (302, Some(address)), "{path}");
        assert_eq!(led.header("cache-control"), Some("no-store"));
    }

    let head = ask(url, "HEAD", "/", &[], b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    let posted = ask(url, "POST", "/", &[], b"").await;
    assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD")));
    running.stop().await;
}

/// SAFE-07: errors are problem documents, whoever finds them.
#[tokio::test]
async fn requests_reach_the_functions_and_come_back() {
    let running = local::start(Options::default()).await.expect("it starts");
    let url = &running.portal_url;
    let about = get(url, "/api/about").await;
    assert_eq!(
        (about.status, about.json()["publisher"]["name"].as_str()),
        (200, Some(running.app.policy.publisher.name.as_str()))
    );
    let head = ask(url, "HEAD", "/api/about", &[], b"").await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    for (method, path, status, code) in [
        ("GET", "/api/nothing", 404, "not-found"),
        ("GET", "/api/me", 401, "sign-in-needed"),
        ("GET", "/api/sign-in", 405, "wrong-method"),
        ("POST", "/api/sign-in/ask", 403, "wrong-origin"),
        ("POST", "/api/load", 401, "sign-in-needed"),
    ] {
        let answer = ask(url, method, path, &[], b"").await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (status, Some(code)), "{method} {path}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    }
    let large = ask(url, "POST", "/api/load", &[], &vec![b' '; 6 * 1024 * 1024 + 1]).await;
    assert_eq!((large.status, large.json()["code"].as_str()), (413, Some("too-large")));
    running.stop().await;
}

/// REG-03: from asking for a code to being signed in, over HTTP, with the code of the mail that was caught.
#[tokio::test]
async fn a_person_signs_in_with_the_code_from_the_mailbox() {
    let running = local::start(Options::default()).await.expect("it starts");
    let url = &running.portal_url;
    let asked = help::post(url, "/api/sign-in/ask", &json!({"address": "ada@contoso.example"})).await;
    assert_eq!(asked.status / 100, 2, "{}", asked.text());
    let mail = help::mail_to(&running.mailbox_url, "ada@contoso.example", 0).await;
    assert!(mail["code"].as_str().is_some_and(|code| code.len() == 6), "{mail}");
    running.stop().await;
}
