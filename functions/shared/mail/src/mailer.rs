//! Handing a letter over to be delivered.

use std::{
    error::Error,
    fmt::{self, Write as _},
    io,
};

use aws_sdk_sesv2::{
    Client,
    config::{Config, retry::RetryConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::send_email::SendEmailError,
    types::{Body, Content, Destination, EmailContent, Message, MessageHeader, MessageTag},
};
use licensing::{Address, policy::Publisher};

use crate::render::Rendered;

/// Who delivers.
#[derive(Debug, Clone)]
pub enum Mailer {
    /// Amazon SES, or what stands in for it on one machine.
    Ses(Ses),
    /// Kept in memory, for tests.
    #[cfg(any(test, feature = "memory"))]
    Memory(Memory),
}

/// Amazon SES with what every mail has in common.
#[derive(Debug, Clone)]
pub struct Ses {
    client: Client,
    from: String,
    reply_to: String,
    configuration_set: Option<String>,
}

/// Why a mail was not handed over, with SES's word for it. It never holds an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// Refused for good: the address or the content can't be sent to or sent.
    Rejected(String),
    /// Not now: too fast, paused, or not set up. The same mail may be handed over later.
    Later(String),
    /// Perhaps handed over, perhaps not: no answer came, or one that does not say.
    Unclear(String),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(word) => write!(f, "SES refused the mail: {word}"),
            Self::Later(word) => write!(f, "SES takes no mail now: {word}"),
            Self::Unclear(word) => write!(f, "SES did not say whether it took the mail: {word}"),
        }
    }
}

impl Error for SendError {}

/// The tag by which delivery notices name our mail.
const TAG: &str = "mail";

impl Mailer {
    /// A mailer that sends as the publisher, with the configuration set that reports deliveries.
    pub fn ses(client: Client, publisher: &Publisher, configuration_set: Option<String>) -> Self {
        Self::Ses(Ses {
            client,
            from: mailbox(&publisher.name, &publisher.sender),
            reply_to: publisher.support.clone(),
            configuration_set,
        })
    }

    /// Hands a letter over once and gives SES's id for it. `mail` is our id (1 to 64 letters, digits, `_` and `-`), which
    /// comes back as tag `mail` in delivery notices.
    pub async fn send(&self, to: &Address, rendered: &Rendered, mail: &str) -> Result<String, SendError> {
        if !is_mail_id(mail) {
            return Err(SendError::Later("our mail id is malformed".into()));
        }
        match self {
            Self::Ses(ses) => ses.send(to, rendered, mail).await,
            #[cfg(any(test, feature = "memory"))]
            Self::Memory(memory) => Ok(memory.keep(to, rendered, mail)),
        }
    }
}

fn is_mail_id(mail: &str) -> bool {
    (1..=64).contains(&mail.len()) && mail.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

impl Ses {
    async fn send(&self, to: &Address, rendered: &Rendered, mail: &str) -> Result<String, SendError> {
        let message = message(rendered).map_err(malformed)?;
        let tag = MessageTag::builder().name(TAG).value(mail).build().map_err(malformed)?;
        let sent = self
            .client
            .send_email()
            .from_email_address(&self.from)
            .reply_to_addresses(&self.reply_to)
            .destination(Destination::builder().to_addresses(to.as_str()).build())
            .content(EmailContent::builder().simple(message).build())
            .email_tags(tag)
            .set_configuration_set_name(self.configuration_set.clone())
            .customize()
            // SES can't tell a repeat: after a time-out a second try might send a second mail. Who calls decides.
            .config_override(Config::builder().retry_config(RetryConfig::disabled()))
            .send();
        match Box::pin(sent).await {
            Ok(answer) => Ok(answer.message_id.unwrap_or_default()),
            Err(error) => Err(judged(&error)),
        }
    }
}

fn message(rendered: &Rendered) -> Result<Message, aws_sdk_sesv2::error::BuildError> {
    let utf8 = |data: &str| Content::builder().data(data).charset("UTF-8").build();
    // So that no out-of-office reply comes back (RFC 3834), nor one of Exchange, which asks for a header of its own. Reports of
    // what could not be delivered (NDR) are to come.
    let header = |name: &str, value: &str| MessageHeader::builder().name(name).value(value).build();
    let automatic = header("Auto-Submitted", "auto-generated")?;
    let no_replies = header("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply")?;
    Ok(Message::builder()
        .subject(utf8(&rendered.subject)?)
        .body(Body::builder().text(utf8(&rendered.text)?).html(utf8(&rendered.html)?).build())
        .headers(automatic)
        .headers(no_replies)
        .build())
}

fn malformed(_: aws_sdk_sesv2::error::BuildError) -> SendError {
    SendError::Later("the request could not be built".into())
}

/// What an error means for the mail. SES's messages quote addresses, so only its codes are kept.
fn judged(error: &SdkError<SendEmailError>) -> SendError {
    match error {
        // Taken, but in words that this version does not understand.
        SdkError::ServiceError(answer) if answer.raw().status().is_success() => {
            SendError::Unclear("the answer could not be read".into())
        }
        // SES itself warns that repeating after a status of 500 and above may double a mail, so it may have been taken.
        SdkError::ServiceError(answer) if !answer.raw().status().is_client_error() => {
            SendError::Unclear(code_of(answer.err()))
        }
        SdkError::ServiceError(answer) => {
            let code = code_of(answer.err());
            match answer.err() {
                SendEmailError::MessageRejected(why) if is_about_set_up(why.message()) => SendError::Later(code),
                SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_) => {
                    SendError::Rejected(code)
                }
                _ => SendError::Later(code),
            }
        }
        SdkError::ConstructionFailure(_) => SendError::Later("the request could not be built".into()),
        SdkError::DispatchFailure(failure) => match failure.as_connector_error() {
            Some(error) if never_connected(error) => SendError::Later("no connection".into()),
            _ => SendError::Unclear("the connection broke".into()),
        },
        SdkError::TimeoutError(_) => SendError::Unclear("time-out".into()),
        _ => SendError::Unclear("the answer could not be read".into()),
    }
}

fn code_of(error: &SendEmailError) -> String {
    error.code().filter(|code| !code.is_empty()).unwrap_or("no code").to_owned()
}

/// An identity that is not verified is the deployment's fault, not the recipient's.
fn is_about_set_up(message: Option<&str>) -> bool {
    message.is_some_and(|message| message.contains("not verified"))
}

/// Whether the failure came before anything could be sent. What is not recognised counts as sent.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let refused =
            error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
        let text = error.to_string();
        if refused || text.contains("(Connect)") || text.contains("HTTP connect timeout") {
            return true;
        }
        next = error.source();
    }
    false
}

/// `"Name" <address>` as a header takes it: quoted, or in encoded words (RFC 2047) where the name is not ASCII.
fn mailbox(name: &str, address: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = name.trim();
    if name.is_ascii() {
        let quoted: String =
            name.chars().flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c])).collect();
        return format!("\"{quoted}\" <{address}>");
    }
    let mut words = vec![String::new()];
    for c in name.chars() {
        let mut bytes = [0; 4];
        let mut encoded = String::new();
        if c.is_ascii_alphanumeric() {
            encoded.push(c);
        } else {
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(encoded, "={byte:02X}");
            }
        }
        // An encoded word has at most 75 characters, of which 12 are its frame, and never parts a character.
        match words.last_mut() {
            Some(word) if word.len() + encoded.len() <= 63 => word.push_str(&encoded),
            _ => words.push(encoded),
        }
    }
    let words: Vec<String> = words.iter().map(|word| format!("=?UTF-8?Q?{word}?=")).collect();
    format!("{} <{address}>", words.join(" "))
}

/// Mails kept in memory. It is compiled in only with the feature `memory`, so that no deployed function can have it.
#[cfg(any(test, feature = "memory"))]
#[derive(Clone, Default)]
pub struct Memory {
    sent: std::sync::Arc<std::sync::Mutex<Vec<Sent>>>,
}

/// A mail that was kept.
#[cfg(any(test, feature = "memory"))]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// To whom.
    pub to: Address,
    /// What.
    pub rendered: Rendered,
    /// Our id.
    pub mail: String,
}

#[cfg(any(test, feature = "memory"))]
impl Memory {
    /// The mails so far, first to last.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Keeps a mail and names it, as SES would: also for what stands in for SES behind the real client.
    pub fn keep(&self, to: &Address, rendered: &Rendered, mail: &str) -> String {
        let mut sent = self.sent.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sent.push(Sent { to: to.clone(), rendered: rendered.clone(), mail: mail.into() });
        format!("memory-{}", sent.len())
    }
}

#[cfg(any(test, feature = "memory"))]
impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({})", self.sent().len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_sdk_sesv2::config::{BehaviorVersion, Credentials, Region};
    use aws_smithy_http_client::tls;
    use aws_smithy_runtime_api::{
        client::{
            http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
            orchestrator::{HttpRequest, HttpResponse},
            result::ConnectorError,
            runtime_components::RuntimeComponents,
        },
        http::StatusCode,
    };
    use aws_smithy_types::body::SdkBody;
    use licensing::Policy;
    use serde_json::Value;

    use super::*;

    /// What the wire does next.
    #[derive(Debug, Clone)]
    enum Wire {
        Answers(u16, &'static str, &'static str),
        Refuses,
        Breaks,
        TimesOut,
    }

    /// In the place of the network: always does the same, and keeps what was sent.
    #[derive(Debug, Clone)]
    struct Line {
        wire: Wire,
        sent: Arc<Mutex<Vec<(String, Value)>>>,
    }

    impl HttpConnector for Line {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let body = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
            self.sent.lock().unwrap().push((request.uri().to_owned(), body));
            HttpConnectorFuture::ready(match self.wire {
                Wire::Answers(status, kind, body) => {
                    let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
                    response.headers_mut().insert("x-amzn-errortype", kind);
                    Ok(response)
                }
                Wire::Refuses => Err(ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionRefused).into())),
                Wire::Breaks => Err(ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into())),
                Wire::TimesOut => Err(ConnectorError::timeout("HTTP read timeout occurred after 1s".into())),
            })
        }
    }

    impl HttpClient for Line {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    fn letter() -> Rendered {
        Rendered {
            subject: "Grüße".into(),
            text: "text ✓".into(),
            html: "<p>html ✓</p>".into(),
            template: "activated",
            version: 1,
        }
    }

    fn to() -> Address {
        "osm@contoso.example".parse().unwrap()
    }

    async fn send_over(wire: Wire) -> (Result<String, SendError>, Vec<(String, Value)>) {
        let line = Line { wire, sent: Arc::default() };
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .http_client(line.clone())
            .build();
        let set = Some("countersign".to_owned());
        let mailer = Mailer::ses(Client::from_conf(config), &Policy::default().publisher, set);
        let outcome = mailer.send(&to(), &letter(), "01-mail_ID").await;
        let sent = line.sent.lock().unwrap().clone();
        (outcome, sent)
    }

    /// ACT-13 SAFE-03 SAFE-04 text and HTML go out as the publisher, with the tag by which notices find the mail.
    #[tokio::test]
    async fn act_13_a_mail_goes_out_whole_and_tagged() {
        let (outcome, sent) = send_over(Wire::Answers(200, "", r#"{"MessageId":"ses-1"}"#)).await;
        assert_eq!(outcome.as_deref(), Ok("ses-1"));
        let [(uri, body)] = sent.as_slice() else { panic!("sent {} times", sent.len()) };
        assert!(uri.ends_with("/v2/email/outbound-emails"), "{uri}");
        assert_eq!(
            *body,
            serde_json::json!({
                "FromEmailAddress": "\"Northwind Software\" <licensing@northwind.example>",
                "ReplyToAddresses": ["support@northwind.example"],
                "Destination": { "ToAddresses": ["osm@contoso.example"] },
                "Content": { "Simple": {
                    "Subject": { "Data": "Grüße", "Charset": "UTF-8" },
                    "Body": {
                        "Text": { "Data": "text ✓", "Charset": "UTF-8" },
                        "Html": { "Data": "<p>html ✓</p>", "Charset": "UTF-8" },
                    },
                    "Headers": [
                        { "Name": "Auto-Submitted", "Value": "auto-generated" },
                        { "Name": "X-Auto-Response-Suppress", "Value": "DR, RN, NRN, OOF, AutoReply" },
                    ],
                } },
                "EmailTags": [{ "Name": "mail", "Value": "01-mail_ID" }],
                "ConfigurationSetName": "countersign",
            })
        );
    }

    /// ACT-16 every failure is told by what may be done next, and none is tried again unasked: it might be a second mail.
    #[tokio::test]
    async fn act_16_a_failure_says_whether_the_mail_may_be_sent_again() {
        let said = |code: &str| code.to_owned();
        let no_body = r#"{"message":"no"}"#;
        let unverified = r#"{"message":"Email address is not verified. The following identities failed the check: osm@contoso.example"}"#;
        for (wire, expected) in [
            (Wire::Answers(400, "MessageRejected", no_body), SendError::Rejected(said("MessageRejected"))),
            (Wire::Answers(400, "BadRequestException", no_body), SendError::Rejected(said("BadRequestException"))),
            (Wire::Answers(400, "MessageRejected", unverified), SendError::Later(said("MessageRejected"))),
            (
                Wire::Answers(429, "TooManyRequestsException", no_body),
                SendError::Later(said("TooManyRequestsException")),
            ),
            (Wire::Answers(400, "LimitExceededException", no_body), SendError::Later(said("LimitExceededException"))),
            (Wire::Answers(400, "SendingPausedException", no_body), SendError::Later(said("SendingPausedException"))),
            (
                Wire::Answers(400, "AccountSuspendedException", no_body),
                SendError::Later(said("AccountSuspendedException")),
            ),
            (
                Wire::Answers(400, "MailFromDomainNotVerifiedException", no_body),
                SendError::Later(said("MailFromDomainNotVerifiedException")),
            ),
            (Wire::Answers(404, "NotFoundException", no_body), SendError::Later(said("NotFoundException"))),
            (Wire::Answers(403, "AccessDeniedException", no_body), SendError::Later(said("AccessDeniedException"))),
            (Wire::Answers(500, "InternalFailure", no_body), SendError::Unclear(said("InternalFailure"))),
            (
                Wire::Answers(500, "InternalServiceErrorException", no_body),
                SendError::Unclear(said("InternalServiceErrorException")),
            ),
            (Wire::Answers(503, "", "<html>"), SendError::Unclear(said("no code"))),
            (Wire::Answers(307, "", ""), SendError::Unclear(said("no code"))),
            (Wire::Answers(200, "", "not JSON"), SendError::Unclear(said("the answer could not be read"))),
            (Wire::Refuses, SendError::Later(said("no connection"))),
            (Wire::Breaks, SendError::Unclear(said("the connection broke"))),
            (Wire::TimesOut, SendError::Unclear(said("the connection broke"))),
        ] {
            let shown = format!("{wire:?}");
            let (outcome, sent) = send_over(wire).await;
            let error = outcome.unwrap_err();
            assert!(!error.to_string().contains('@'), "an address in a log: {error}");
            assert_eq!(error, expected, "{shown}");
            assert_eq!(sent.len(), 1, "{shown}");
        }
    }

    /// ACT-16 a connection that never came about sent nothing: a closed port, a handshake that fails.
    #[tokio::test]
    async fn act_16_without_a_connection_nothing_was_sent() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap().port();
        std::thread::spawn(move || listener.incoming().take(1).for_each(drop));
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        for port in [open, closed] {
            let config = Config::builder()
                .behavior_version(BehaviorVersion::latest())
                .region(Region::new("eu-central-1"))
                .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
                .endpoint_url(format!("https://127.0.0.1:{port}"))
                .http_client(
                    aws_smithy_http_client::Builder::new()
                        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
                        .build_https(),
                )
                .build();
            let mailer = Mailer::ses(Client::from_conf(config), &Policy::default().publisher, None);
            assert_eq!(mailer.send(&to(), &letter(), "a").await, Err(SendError::Later("no connection".into())));
        }
    }

    #[tokio::test]
    async fn a_mail_is_kept_in_memory_with_its_id() {
        let memory = Memory::default();
        let mailer = Mailer::Memory(memory.clone());
        assert_eq!(mailer.send(&to(), &letter(), "a").await.as_deref(), Ok("memory-1"));
        assert_eq!(memory.sent(), [Sent { to: to(), rendered: letter(), mail: "a".into() }]);
        for bad in ["", "a b", "a\n", "ä", &"x".repeat(65)] {
            assert!(matches!(mailer.send(&to(), &letter(), bad).await, Err(SendError::Later(_))), "{bad}");
        }
        assert_eq!(memory.sent().len(), 1);
    }

    #[test]
    fn the_sender_s_name_is_quoted_or_encoded() {
        for (name, header) in [
            ("Northwind Software", "\"Northwind Software\" <a@b.example>"),
            ("North, \"Wind\" \\ <x>", "\"North, \\\"Wind\\\" \\\\ <x>\" <a@b.example>"),
            ("North\r\nBcc: x", "\"North  Bcc: x\" <a@b.example>"),
            ("Größe & Co", "=?UTF-8?Q?Gr=C3=B6=C3=9Fe=20=26=20Co?= <a@b.example>"),
        ] {
            assert_eq!(mailbox(name, "a@b.example"), header);
        }
        let long = mailbox(&"ノースウインド".repeat(10), "a@b.example");
        assert!(long.is_ascii() && long.split(' ').all(|word| word.len() <= 75), "{long}");
    }
}
