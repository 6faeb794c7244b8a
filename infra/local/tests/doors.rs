//! Who may ask at the ports of this machine: every page of the web can have the browser ask there.

mod help;

use help::{Answer, Scratch, ask, get};
use local::{Options, Running, signed::Access};

const SES: &str = "/v2/email/outbound-emails";
const LIST: &[u8] = br#"{"TableName":"countersign-tokens"}"#;

async fn start() -> Running {
    local::start(Options::default()).await.expect("it starts")
}

/// Asks the database or what stands in for AWS, signed with this, and with other headers in addition.
async fn signed(url: &str, access: &Access, path: &str, more: &[(&str, &str)], body: &[u8]) -> Answer {
    let signed = access.headers("POST", url, path, body);
    let mut headers = vec![("x-amz-target", "DynamoDB_20120810.Scan"), ("content-type", "application/x-amz-json-1.0")];
    headers.extend(signed.iter().map(|(name, value)| (*name, value.as_str())));
    headers.extend(more);
    ask(url, "POST", path, &headers, body).await
}

/// REG-13 SAFE-05 no port answers under a name that others can make point to this machine.
#[tokio::test]
async fn reg_13_no_port_answers_under_another_name() {
    let running = start().await;
    for url in [&running.portal_url, &running.mailbox_url, &running.dynamodb_url] {
        let port = url.rsplit(':').next().unwrap();
        for name in
            ["evil.example", &format!("evil.example:{port}"), "localhost", "localhost:1", "localhost.evil.example", ""]
        {
            for (method, path) in [("GET", "/"), ("GET", "/api/about"), ("GET", "/api/mails"), ("POST", "/")] {
                let answer = ask(url, method, path, &[("host", name)], b"").await;
                assert_eq!(answer.status, 421, "{url}: {method} {path} under the name {name:?}");
            }
        }
    }
    let rebound = [("host", "evil.example")];
    assert_eq!(signed(&running.dynamodb_url, &running.access, "/", &rebound, LIST).await.status, 421);
    running.stop().await;
}

/// REG-13 SAFE-05 a page of another site can read and change nothing at any port, whatever it knows.
#[tokio::test]
async fn reg_13_pages_of_other_sites_are_refused_at_every_port() {
    let running = start().await;
    for url in [&running.portal_url, &running.mailbox_url, &running.dynamodb_url] {
        for origin in ["https://evil.example", "null", "http://localhost:1", "http://localhost"] {
            for (method, path) in [("GET", "/"), ("POST", "/"), ("OPTIONS", "/"), ("POST", "/api/clock"), ("POST", SES)]
            {
                let answer = ask(url, method, path, &[("origin", origin)], b"{}").await;
                assert_eq!(answer.status, 403, "{url}: {method} {path} from {origin}");
                assert_eq!(answer.header("access-control-allow-origin"), None, "{url}");
            }
        }
    }
    // The database has no pages: not even those of the portal may ask it.
    for origin in [&running.portal_url, &running.dynamodb_url, "https://evil.example"] {
        let asked = signed(&running.dynamodb_url, &running.access, "/", &[("origin", origin)], LIST).await;
        assert_eq!(asked.status, 403, "from {origin}");
    }
    running.stop().await;
}

/// SAFE-04 SAFE-05 the database and what stands in for AWS answer only those who hold the data folder's secret.
#[tokio::test]
async fn safe_05_only_who_holds_the_folders_secret_reaches_the_database() {
    let running = start().await;
    let (database, mailbox) = (&running.dynamodb_url, &running.mailbox_url);
    let right = &running.access;
    assert_eq!(signed(database, right, "/", &[], LIST).await.status, 200);
    // This is no mail, but who sends it may.
    assert_ne!(signed(mailbox, right, SES, &[], b"{}").await.status, 403);

    let wrong = Access::of("another folder's");
    for (url, path) in [(database, "/"), (mailbox, "/"), (mailbox, SES)] {
        let refused = signed(url, &wrong, path, &[], LIST).await;
        assert_eq!(
            (refused.status, &refused.json()["__type"]),
            (403, &"InvalidSignatureException".into()),
            "{url}{path}"
        );
        assert!(refused.json()["message"].as_str().is_some_and(|why| why.contains("AWS_SECRET_ACCESS_KEY")));
        assert_eq!(ask(url, "POST", path, &[], LIST).await.status, 403, "unsigned: {url}{path}");
        let made_up =
            "AWS4-HMAC-SHA256 Credential=local/20261122/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
        let made_up = [("authorization", made_up), ("x-amz-date", "20261122T000000Z")];
        assert_eq!(ask(url, "POST", path, &made_up, LIST).await.status, 403, "made up: {url}{path}");
    }
    // A signature is for one request: another body, or another name, is not signed with it.
    let headers = right.headers("POST", database, "/", LIST);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(ask(database, "POST", "/", &headers, br#"{"TableName":"countersign-people"}"#).await.status, 403);
    running.stop().await;
}

/// OPS-01 what the data folder tells to programs is what they reach the database with, also after the next start.
#[tokio::test]
async fn ops_01_programs_reach_the_database_with_what_the_folder_tells_them() {
    let scratch = Scratch::new();
    let data = scratch.path().join("data");
    let mut before = None;
    for _ in 0..2 {
        let running =
            local::start(Options { data: Some(data.clone()), ..Options::default() }).await.expect("it starts");
        for file in ["env", "functions.env"] {
            let text = std::fs::read_to_string(data.join(file)).expect("it is written");
            let value =
                |name: &str| text.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).expect("it is told");
            assert_eq!(value("AWS_ACCESS_KEY_ID"), running.access.pair().0);
            let url = value("AWS_ENDPOINT_URL_DYNAMODB").to_owned();
            let access = Access::of(value("AWS_SECRET_ACCESS_KEY"));
            assert_eq!(signed(&url, &access, "/", &[], LIST).await.status, 200, "{file}");
            assert!(
                before
                    .replace(value("AWS_SECRET_ACCESS_KEY").to_owned())
                    .is_none_or(|before| before == value("AWS_SECRET_ACCESS_KEY"))
            );
        }
        running.stop().await;
    }
}

/// REG-12 REG-13 the portal has one name, as its cookies and links have: who comes by a number is led there, and who calls the
/// API by one is told.
#[tokio::test]
async fn reg_12_whoever_comes_by_a_number_is_led_to_the_portals_name() {
    let running = start().await;
    let (portal, mailbox) = (&running.portal_url, &running.mailbox_url);
    let port = portal.strip_prefix("http://localhost:").expect("it is called localhost");
    let mut families = 0;
    for number in ["127.0.0.1", "[::1]"] {
        let by_number = format!("http://{number}:{port}");
        if std::net::TcpStream::connect(format!("{number}:{port}")).is_err() {
            continue;
        }
        families += 1;
        assert_eq!(
            ask(&by_number, "GET", "/robots.txt", &[("host", portal.trim_start_matches("http://"))], b"").await.status,
            404
        );
        for (method, path) in [("GET", "/a?x=1"), ("HEAD", "/"), ("GET", "/activations/enterprise/1")] {
            let led = ask(&by_number, method, path, &[], b"").await;
            assert_eq!((led.status, led.header("location")), (307, Some([portal, path].concat().as_str())));
        }
        for (method, path) in [("GET", "/api/about"), ("POST", "/api/sign-in/ask"), ("POST", "/api/load")] {
            let told = ask(&by_number, method, path, &[], b"{}").await;
            assert_eq!((told.status, told.json()["code"].as_str()), (403, Some("wrong-origin")), "{method} {path}");
            assert!(told.json()["detail"].as_str().is_some_and(|detail| detail.contains(portal.as_str())), "{path}");
            // The same for a page of that name that asks the right one.
            let told = ask(portal, method, path, &[("origin", &by_number)], b"{}").await;
            assert_eq!((told.status, told.json()["code"].as_str()), (403, Some("wrong-origin")), "{method} {path}");
            assert!(told.json()["detail"].as_str().is_some_and(|detail| detail.contains(portal.as_str())), "{path}");
        }
        let mails = mailbox.replace("localhost", number);
        assert_eq!(get(&mails, "/").await.header("location"), Some([mailbox, "/"].concat().as_str()));
    }
    assert!(families > 0, "this machine has a loopback address");
    // A browser writes names small; people who type them for other programs may not.
    assert_eq!(ask(portal, "GET", "/api/about", &[("host", &format!("LOCALHOST:{port}"))], b"").await.status, 200);
    running.stop().await;
}
