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

use crate::letter::Rendered;

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
    /// Not now: too fast, paused, out of order, or not set up. The same mail may be handed over later.
    Later(String),
    /// Perhaps handed over, perhaps not: no answer came.
    Unclear(String),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(word) => write!(f, "SES refused the mail: {word}"),
            Self::Later(word) => write!(f, "SES takes no mail now: {word}"),
            Self::Unclear(word) => write!(f, "SES did not answer: {word}"),
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
            .send()
            .await;
        match sent {
            Ok(answer) => Ok(answer.message_id.unwrap_or_default()),
            Err(error) => Err(judged(&error)),
        }
    }
}

fn message(rendered: &Rendered) -> Result<Message, aws_sdk_sesv2::error::BuildError> {
    let utf8 = |data: &str| Content::builder().data(data).charset("UTF-8").build();
    // So that no out-of-office reply comes back (RFC 3834).
    let automatic = MessageHeader::builder().name("Auto-Submitted").value("auto-generated").build()?;
    Ok(Message::builder()
        .subject(utf8(&rendered.subject)?)
        .body(Body::builder().text(utf8(&rendered.text)?).html(utf8(&rendered.html)?).build())
        .headers(automatic)
        .build())
}

fn malformed(_: aws_sdk_sesv2::error::BuildError) -> SendError {
    SendError::Later("the request could not be built".into())
}

/// What an error means for the mail. SES's messages quote addresses, so only its codes are kept.
fn judged(error: &SdkError<SendEmailError>) -> SendError {
    match error {
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or("no code").to_owned();
            match answer.err() {
                SendEmailError::MessageRejected(why) if is_about_set_up(why.message()) => SendError::Later(code),
                SendEmailError::MessageRejected(_) | SendEmailError::BadRequestException(_) => SendError::Rejected(code),
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
        let quoted: String = name.chars().flat_map(|c| matches!(c, '"' | '\\').then_some('\\').into_iter().chain([c])).collect();
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
