//! What stands in for SES: takes mails over its HTTP interface, keeps them, and tells the portal what became of them in
//! the words of SES's event destination.
//!
//! Addresses decide: `bounce…@` bounces hard, `complain…@` is delivered and complained about, `silent…@` is never heard of,
//! `reject…@` is refused at once. Everybody else gets their mail.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use gateway::App;
use licensing::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{Error, work::Work};

/// What hears of deliveries: gets an event as `EventBridge` gives it.
pub type Listener = Arc<dyn Fn(Value) -> Work<Result<(), String>> + Send + Sync>;

/// The mails, and what became of them.
pub struct PostOffice {
    app: App,
    listener: Listener,
    this: Weak<Self>,
    kept: Mutex<KeptMails>,
    /// The number of the newest mail, for those who wait for it.
    newest: watch::Sender<u64>,
}

#[derive(Default)]
struct KeptMails {
    mails: Vec<Mail>,
    silent: BTreeSet<String>,
    file: Option<File>,
}

/// A mail that was taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mail {
    /// SES's id.
    pub id: String,
    /// Counts from 1.
    pub number: u64,
    /// When, by the portal's clock.
    pub at: Timestamp,
    /// By whom.
    pub from: String,
    /// To whom, in lower case.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The body as text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
    /// The tags that come back with every notice.
    pub tags: Vec<(String, String)>,
    /// What was told to the portal, in this order.
    pub told: Vec<Report>,
}

/// Something that was told to the portal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// What.
    pub fate: Delivery,
    /// When, by the portal's clock.
    pub at: Timestamp,
}

/// What becomes of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// It arrived.
    Delivered,
    /// There is no such mailbox.
    Bounced,
    /// It arrived, and somebody pressed "junk".
    Complained,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    Mail(Mail),
    Told { id: String, fate: Delivery, at: Timestamp },
    Silent { address: String, on: bool },
}

/// So long a mail is under way.
const UNDER_WAY: Duration = Duration::from_millis(400);

impl PostOffice {
    /// Reads the mails of the file, or begins without any.
    pub fn open(file: Option<&Path>, app: App, listener: Listener) -> Result<Arc<Self>, Error> {
        let mut kept = KeptMails::default();
        if let Some(path) = file {
            let failed = |error: io::Error| format!("the mails {} can't be read: {error}", path.display());
            kept = KeptMails::read(path).map_err(failed)?;
        }
        let newest = watch::channel(kept.mails.len() as u64).0;
        Ok(Arc::new_cyclic(|this| Self { app, listener, this: this.clone(), kept: Mutex::new(kept), newest }))
    }

    /// Takes a mail as SES's `SendEmail` brings it, and answers with the id; or refuses it with SES's word for why.
    pub fn take(&self, request: &Value) -> Result<String, &'static str> {
        let to = request["Destination"]["ToAddresses"][0].as_str().ok_or("BadRequestException")?.to_lowercase();
        let simple = &request["Content"]["Simple"];
        let text = |value: &Value| value["Data"].as_str().unwrap_or_default().to_owned();
        if simple["Subject"]["Data"].is_null() {
            return Err("BadRequestException");
        }
        if to.starts_with("reject") {
            return Err("MessageRejected");
        }
        let tag = |tag: &Value| Some((tag["Name"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned()));
        let mut tags: Vec<_> = request["EmailTags"].as_array().into_iter().flatten().filter_map(tag).collect();
        if let Some(set) = request["ConfigurationSetName"].as_str() {
            tags.push(("ses:configuration-set".into(), set.into()));
        }
        let mut kept = self.kept();
        let mail = Mail {
            id: format!("local-{}", self.app.chance.name()),
            number: kept.mails.len() as u64 + 1,
            at: self.app.now(),
            from: request["FromEmailAddress"].as_str().unwrap_or_default().into(),
            to,
            subject: text(&simple["Subject"]),
            text: text(&simple["Body"]["Text"]),
            html: text(&simple["Body"]["Html"]),
            tags,
            told: Vec::new(),
        };
        let (id, number) = (mail.id.clone(), mail.number);
        // Kept before it is answered: a mail that was accepted is in the mailbox, whatever happens next.
        kept.keep(&Line::Mail(mail.clone())).map_err(|_| "InternalServiceErrorException")?;
        kept.mails.push(mail);
        drop(kept);
        self.newest.send_replace(number);
        self.report_later(id.clone());
        Ok(id)
    }

    /// Tells of the mails that were under way when the process ended.
    pub fn report_what_is_due(&self) {
        let waiting: Vec<String> =
            self.kept().mails.iter().filter(|mail| mail.told.is_empty()).map(|mail| mail.id.clone()).collect();
        for id in waiting {
            self.report_later(id);
        }
    }

    /// Tells the portal what became of a mail, and notes that it was told. False if there is no such mail.
    pub async fn report(&self, id: &str, fate: Delivery) -> Result<bool, String> {
        let Some(mail) = self.mail(id) else { return Ok(false) };
        let at = self.app.now();
        (self.listener)(event(&mail, fate, at)).await?;
        let mut kept = self.kept();
        kept.keep(&Line::Told { id: id.into(), fate, at }).map_err(|error| error.to_string())?;
        kept.told(id, fate, at);
        drop(kept);
        self.newest.send_modify(|_| {});
        Ok(true)
    }

    /// Whether deliveries to an address are never reported.
    pub fn is_silent(&self, address: &str) -> bool {
        address.starts_with("silent") || self.kept().silent.contains(address)
    }

    /// Reports deliveries to an address from now on, or no longer.
    pub fn set_silent(&self, address: &str, on: bool) -> io::Result<()> {
        let address = address.to_lowercase();
        let mut kept = self.kept();
        kept.keep(&Line::Silent { address: address.clone(), on })?;
        kept.silence(address, on);
        Ok(())
    }

    /// A mail.
    pub fn mail(&self, id: &str) -> Option<Mail> {
        self.kept().mails.iter().find(|mail| mail.id == id).cloned()
    }

    /// The newest mails that match, newest first, and how many match in all.
    pub fn find(&self, wanted: &Wanted) -> (Vec<Mail>, usize) {
        let kept = self.kept();
        let matching = || kept.mails.iter().rev().filter(|mail| wanted.matches(mail));
        let page = matching().filter(|mail| wanted.before.is_none_or(|before| mail.number < before));
        (page.take(wanted.limit).cloned().collect(), matching().count())
    }

    /// Changes whenever a mail came in or was told of.
    pub fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    fn report_later(&self, id: String) {
        let this = self.this.clone();
        tokio::spawn(async move {
            let mut wait = UNDER_WAY;
            loop {
                tokio::time::sleep(wait).await;
                let Some(this) = this.upgrade() else { return };
                let Some(mail) = this.mail(&id) else { return };
                let Some(fate) = this.fate_of(&mail) else { return };
                match this.report(&id, fate).await {
                    Ok(_) if fate == Delivery::Delivered && mail.to.starts_with("complain") => {}
                    Ok(_) => return,
                    Err(error) => {
                        eprintln!("the notice about a mail was not taken: {error}");
                        wait = (wait * 2).min(Duration::from_secs(30));
                    }
                }
            }
        });
    }

    /// What happens next to a mail by itself.
    fn fate_of(&self, mail: &Mail) -> Option<Delivery> {
        match mail.told.last().map(|told| told.fate) {
            None if self.is_silent(&mail.to) => None,
            None if mail.to.starts_with("bounce") => Some(Delivery::Bounced),
            None => Some(Delivery::Delivered),
            Some(Delivery::Delivered) if mail.to.starts_with("complain") => Some(Delivery::Complained),
            Some(_) => None,
        }
    }

    fn kept(&self) -> MutexGuard<'_, KeptMails> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which mails.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// To this address.
    pub to: Option<String>,
    /// With this in the address or the subject.
    pub text: Option<String>,
    /// Newer than the mail with this number.
    pub after: u64,
    /// Older than the mail with this number.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl Wanted {
    fn matches(&self, mail: &Mail) -> bool {
        let has = |text: &String| mail.to.contains(text) || mail.subject.to_lowercase().contains(text);
        mail.number > self.after
            && self.to.as_ref().is_none_or(|to| mail.to == *to)
            && self.text.as_ref().is_none_or(has)
    }
}

impl KeptMails {
    fn read(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path)?;
        let mut kept = Self::default();
        let mut whole = 0;
        let mut lines = BufReader::new(&file);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            // A process that was killed may leave the beginning of a line, of a mail that it did not accept.
            let Ok(read) = serde_json::from_slice(&line) else { break };
            if line.last() != Some(&b'\n') {
                break;
            }
            whole += line.len() as u64;
            line.clear();
            match read {
                Line::Mail(mail) => kept.mails.push(mail),
                Line::Told { id, fate, at } => kept.told(&id, fate, at),
                Line::Silent { address, on } => kept.silence(address, on),
            }
        }
        file.set_len(whole)?;
        file.seek(SeekFrom::End(0))?;
        kept.file = Some(file);
        Ok(kept)
    }

    fn keep(&mut self, line: &Line) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut json = serde_json::to_vec(line)?;
        json.push(b'\n');
        file.write_all(&json)
    }

    fn told(&mut self, id: &str, fate: Delivery, at: Timestamp) {
        if let Some(mail) = self.mails.iter_mut().find(|mail| mail.id == id) {
            mail.told.push(Report { fate, at });
        }
    }

    fn silence(&mut self, address: String, on: bool) {
        if on {
            self.silent.insert(address);
        } else {
            self.silent.remove(&address);
        }
    }
}

/// What `EventBridge` hands over when SES tells what became of a mail.
fn event(mail: &Mail, fate: Delivery, at: Timestamp) -> Value {
    let (detail_type, event_type, key, about) = match fate {
        Delivery::Delivered => (
            "Email Delivered",
            "Delivery",
            "delivery",
            json!({
                "timestamp": at, "processingTimeMillis": 400, "recipients": [mail.to],
                "smtpResponse": "250 2.0.0 OK", "reportingMTA": "local.example",
            }),
        ),
        Delivery::Bounced => (
            "Email Bounced",
            "Bounce",
            "bounce",
            json!({
                "bounceType": "Permanent", "bounceSubType": "General", "timestamp": at,
                "feedbackId": format!("{}-bounce", mail.id), "reportingMTA": "dsn; local.example",
                "bouncedRecipients": [{
                    "emailAddress": mail.to, "action": "failed", "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }],
            }),
        ),
        Delivery::Complained => (
            "Email Complaint Received",
            "Complaint",
            "complaint",
            json!({
                "complainedRecipients": [{"emailAddress": mail.to}], "timestamp": at,
                "feedbackId": format!("{}-complaint", mail.id), "complaintFeedbackType": "abuse", "complaintSubType": null,
            }),
        ),
    };
    let tags: serde_json::Map<String, Value> =
        mail.tags.iter().map(|(name, value)| (name.clone(), json!([value]))).collect();
    json!({
        "version": "0",
        "id": format!("{}-{key}", mail.id),
        "detail-type": detail_type,
        "source": "aws.ses",
        "account": "000000000000",
        "time": at,
        "region": "local",
        "resources": [],
        "detail": {
            "eventType": event_type,
            "mail": {
                "timestamp": mail.at, "source": mail.from, "sendingAccountId": "000000000000", "messageId": mail.id,
                "destination": [mail.to], "headersTruncated": false, "headers": [], "commonHeaders": {}, "tags": tags,
            },
            key: about,
        },
    })
}
