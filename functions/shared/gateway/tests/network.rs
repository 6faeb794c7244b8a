//! Where a request comes from, and who is believed about it.

use gateway::{
    App, Chance, Clock, Request,
    boot::{self, Settings},
    request::RequestParts,
};
use lambda_http::{
    Body, RequestExt, aws_lambda_events::apigw::ApiGatewayV2httpRequestContext, request::RequestContext,
};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn settings(edge_secrets: Option<&str>) -> Settings {
    Settings {
        region: "eu-north-1".into(),
        credentials: gateway::boot::credentials(),
        dynamodb: None,
        ses: None,
        tables: "t-".into(),
        site: "https://portal.example".into(),
        production: true,
        policy: None,
        link_keys: None,
        seal_key: None,
        seal_public: None,
        mail_set: None,
        eventbridge: None,
        bus: None,
        webhook_keys: None,
        loopback: false,
        edge_secrets: edge_secrets.map(str::to_owned),
        roots: None,
    }
}

fn app(edge_secrets: Option<&str>) -> App {
    boot::app(&settings(edge_secrets), Clock::system(), Chance::system()).expect("settings that work")
}

/// A request as the HTTP API hands it over, from this address of its own.
fn request(source: &str, headers: &[(&str, &str)]) -> Request {
    let mut builder = http::Request::builder();
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    let request = builder.body(Body::Empty).expect("a request");
    let mut context = ApiGatewayV2httpRequestContext::default();
    context.http.source_ip = Some(source.into());
    request.with_request_context(RequestContext::ApiGatewayV2(context))
}

/// REG-05 the API's word for where a request comes from counts; what a client says of itself does not.
#[test]
fn reg_05_a_client_can_not_say_where_it_comes_from() {
    let forged = [
        ("x-countersign-network", "192.0.2.1"),
        ("x-forwarded-for", "192.0.2.1"),
        ("x-countersign-viewer", "192.0.2.1"),
    ];
    for secrets in [None, Some(SECRET)] {
        let app = app(secrets);
        assert_eq!(request("198.51.100.7", &forged).network(&app), "198.51.100.7");
        for guess in ["", "0123456789abcdef0123456789abcdee"] {
            let mut forged = forged.to_vec();
            forged.push(("x-countersign-edge", guess));
            assert_eq!(request("198.51.100.7", &forged).network(&app), "198.51.100.7", "{guess:?}");
        }
    }
}

/// REG-05 behind a content network it is the viewer's address that counts, not the network's; two secrets are good
/// while one takes the other's place.
#[test]
fn reg_05_behind_a_content_network_the_viewer_counts() {
    let app = app(Some(&format!("another-secret-of-32-characters-, {SECRET}")));
    for (said, viewer) in [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:0::7", "2001:db8::7"),
        ("192.0.2.1, 192.0.2.2", "198.51.100.7"),
        ("nonsense", "198.51.100.7"),
    ] {
        for secret in [SECRET, "another-secret-of-32-characters-"] {
            let headers = [("x-countersign-edge", secret), ("x-countersign-viewer", said)];
            assert_eq!(request("198.51.100.7", &headers).network(&app), viewer, "{said}");
        }
    }
}

/// REG-05 a secret that could be guessed is refused at the start.
#[test]
fn reg_05_a_short_secret_is_refused() {
    assert!(boot::keys(&settings(Some(&format!("{SECRET},short")))).is_err());
    assert!(boot::keys(&settings(Some(SECRET))).is_ok());
}

/// LINK-11 the switch that lets programs on the same machine be subscribers does not start in production, with or without a
/// way out; on one machine it does.
#[test]
fn link_11_nothing_of_its_own_network_is_called_in_production() {
    let keys = Some(format!("1:{}", licensing::seal::to_text(&[5; 32])));
    let with = |production, loopback| Settings { production, loopback, webhook_keys: keys.clone(), ..settings(None) };
    for start in [boot::app, boot::app_with_outside, boot::app_with_mail, boot::app_with_all] {
        let refused = start(&with(true, true), Clock::system(), Chance::system()).err().expect("it does not start");
        assert!(refused.to_string().contains("COUNTERSIGN_LOOPBACK"), "{refused}");
        assert!(start(&with(true, false), Clock::system(), Chance::system()).is_ok());
        assert!(start(&with(false, true), Clock::system(), Chance::system()).is_ok());
    }
    let without_keys = Settings { webhook_keys: None, ..with(true, false) };
    assert!(boot::app_with_outside(&without_keys, Clock::system(), Chance::system()).is_err());
}
