//! The whole portal on one machine, in one process: the embedded database, the functions behind one address, what stands
//! in for streams, schedule and mail service, and a mailbox page to see what was mailed.
//!
//! [`start`] gives it all on free ports, for tests; the program `local` is that with a data folder and a console.
//!
//! | file | stands in for |
//! |---|---|
//! | [`functions`] | the template: which function answers a path, takes a stream's records, runs on the schedule |
//! | [`database`] | `DynamoDB` |
//! | [`pump`] | the event source mappings between streams and functions |
//! | [`post`] | SES and its event destination |
//! | [`events`], [`heard`] | `EventBridge`, a subscriber, a provisioning endpoint |
//! | [`portal`] | `CloudFront`, the bucket with the pages, the HTTP API |
//! | [`mailbox`] | nothing: the page with the mails and the clock |
//! | [`schedule`] | the scheduler |
//! | [`folder`] | the secret store |
//! | [`signed`] | the credentials of roles |

pub mod database;
pub mod events;
pub mod folder;
pub mod functions;
pub mod heard;
pub mod mailbox;
mod people;
pub mod portal;
pub mod post;
pub mod pump;
pub mod sample;
pub mod schedule;
pub mod signed;

mod wire;
pub mod work;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use gateway::{App, Chance, Clock, boot::Settings};
use licensing::Timestamp;
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

use crate::{
    database::Database,
    folder::{Folder, Sample},
    heard::Events,
    post::PostOffice,
    pump::Pump,
    schedule::Schedule,
    signed::Access,
};

/// What goes wrong while starting, in words for the console.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The prefix of the tables' names.
pub const TABLES: &str = "countersign-";

/// How to start.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where everything is kept; in memory if absent.
    pub data: Option<PathBuf>,
    /// The pages as `cargo xtask pages` builds them.
    pub pages: Option<PathBuf>,
    /// The portal's port; the mailbox and the database take the next free ones. Any free ports if absent.
    pub port: Option<Port>,
    /// Moves the clock to this time.
    pub at: Option<Timestamp>,
    /// Loads the sample data, unless the data folder has them, or was begun without them.
    pub sample: bool,
    /// The policy's JSON; the defaults if absent.
    pub policy: Option<String>,
    /// Listens on this address instead of this machine's own ones: inside a container they can't be reached.
    pub listen: Option<IpAddr>,
}

/// Which port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// This one and no other.
    Exactly(u16),
    /// This one, or the next that is free.
    From(u16),
}

/// A running portal. It stops when this is dropped; [`Running::stop`] waits until it has.
pub struct Running {
    /// `http://localhost:8400`.
    pub portal_url: String,
    /// `http://localhost:8401`; SES's stand-in answers here as well.
    pub mailbox_url: String,
    /// `http://127.0.0.1:8401`: the same for programs.
    pub mailbox_of_programs: String,
    /// `http://127.0.0.1:8402`: the database, for the real SDK.
    pub dynamodb_url: String,
    /// What it and SES's stand-in are reached with.
    pub access: Access,
    /// What the functions work with.
    pub app: App,
    /// The mails.
    pub post: Arc<PostOffice>,
    /// What others were told.
    pub events: Arc<Events>,
    /// The event source mappings.
    pub pumps: Arc<Vec<Pump>>,
    /// What runs by the clock.
    pub schedule: Arc<Schedule>,
    /// Whether the data folder has the sample data, or gets them.
    pub has_sample: Sample,
    /// The sample data, as far as it is loaded.
    pub sample: watch::Receiver<sample::Progress>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    database: Database,
}

/// Starts the portal.
pub async fn start(options: Options) -> Result<Running, Error> {
    if std::env::var("COUNTERSIGN_MODE").is_ok_and(|mode| mode == "production") {
        return Err(
            "COUNTERSIGN_MODE is `production`, but anyone on this machine can read this program's emails. Unset it, or deploy to AWS"
                .into(),
        );
    }
    let chance = Chance::system();
    let folder = Folder::open(options.data.as_deref(), &chance)?;
    let clock = Clock::system();
    clock.set_offset(folder.clock_offset()?);
    if let Some(at) = options.at {
        clock.set(at);
        folder.keep_clock_offset(clock.offset())?;
    }

    let on: &[IpAddr] = options.listen.as_ref().map_or(&LOOPBACK, std::slice::from_ref);
    let portal = listen(on, options.port, 0).await?;
    let after = |at: &Listening| options.port.map(|_| Port::From(at.port));
    let mailbox = listen(on, after(&portal), 1).await?;
    let database = listen(on, after(&mailbox), 1).await?;
    let (portal_url, mailbox_url, dynamodb_url) = (portal.url(), mailbox.url(), database.url_of_programs());
    let mailbox_of_programs = mailbox.url_of_programs();

    let access = folder.access();
    let has_sample = folder.sample(options.sample)?;
    let database = Database::serve(folder.database().as_deref(), database.first(), Some(&access))?;
    let settings = Settings {
        region: "local".into(),
        dynamodb: Some(dynamodb_url.clone()),
        ses: Some(mailbox_of_programs.clone()),
        eventbridge: Some(mailbox_of_programs.clone()),
        credentials: access.credentials(),
        tables: TABLES.into(),
        site: portal_url.clone(),
        production: false,
        policy: options.policy,
        link_keys: Some(folder.link_keys().into()),
        seal_key: Some(folder.seal_key().into()),
        seal_public: None,
        mail_set: Some("countersign".into()),
        edge_secrets: None,
        bus: Some("countersign".into()),
        webhook_keys: Some(folder.webhook_keys().into()),
        loopback: true,
        roots: None,
    };
    let app = gateway::boot::app_with_all(&settings, clock, chance)?;
    store::table::create_all(app.store.client(), TABLES).await?;
    folder.keep_environment(&settings, &app)?;

    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let post = PostOffice::open(folder.mails().as_deref(), app.clone(), functions::mail_event(&app))?;
    let events = Arc::new(Events::default());
    let pumps = Arc::new(
        functions::mappings().into_iter().map(|mapping| Pump::open(mapping, &folder)).collect::<Result<Vec<_>, _>>()?,
    );
    let schedule = Arc::new(Schedule::new(app.clone(), database.clone_handle(), functions::jobs()));
    let folder = Arc::new(folder);

    let running = wire::Wires {
        app: app.clone(),
        post: Arc::clone(&post),
        events: Arc::clone(&events),
        pumps: Arc::clone(&pumps),
        schedule: Arc::clone(&schedule),
        folder: Arc::clone(&folder),
        access: access.clone(),
    };
    let pages = mailbox::router(running.clone(), &mailbox_url);
    for listener in mailbox.listeners {
        tasks.spawn(wire::serve(listener, pages.clone(), stopped.clone()));
    }
    let pages = portal::router(running, options.pages, &portal_url);
    for listener in portal.listeners {
        tasks.spawn(wire::serve(listener, pages.clone(), stopped.clone()));
    }
    for pump in pumps.iter() {
        tasks.spawn(pump.clone().run(app.clone(), database.clone_handle(), stopped.clone()));
    }
    tasks.spawn(Arc::clone(&schedule).run(stopped.clone()));
    post.report_what_is_due();

    let (progress, sample) = watch::channel(sample::Progress::default());
    if has_sample == Sample::ToLoad {
        tasks.spawn(sample::load(app.clone(), Arc::clone(&folder), mailbox_of_programs.clone(), progress));
    } else {
        if options.sample && has_sample == Sample::Loaded {
            events::settle(&app, &mailbox_of_programs, false).await?;
        }
        progress.send_modify(|progress| progress.done = true);
    }
    Ok(Running {
        portal_url,
        mailbox_url,
        mailbox_of_programs,
        dynamodb_url,
        access,
        app,
        post,
        events,
        pumps,
        schedule,
        has_sample,
        sample,
        stop,
        tasks,
        database,
    })
}

impl Running {
    /// The database itself, for its streams.
    pub fn database(&self) -> Arc<dynoxide::Database> {
        self.database.clone_handle()
    }

    /// Waits until nothing is under way between streams and functions. What is tried again later counts as under way.
    pub async fn settled(&self) {
        pump::settled(&self.pumps).await;
    }

    /// Stops in order: no new requests, the running ones to their end, the database last.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // A browser may hold a request open for as long as it likes.
        let _ = tokio::time::timeout(Duration::from_secs(3), all).await;
        self.tasks.abort_all();
        self.database.stop();
    }
}

/// What to type to have the operators' command line work on this portal, in bash or sh: its settings into the environment
/// of the shell, then the command, which lies beside this `program`.
pub fn tools_line(data: &Path, program: Option<&Path>) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let beside = program.map(|program| program.with_file_name("countersign")).filter(|command| command.is_file());
    let command = beside.unwrap_or_else(|| "countersign".into());
    let command = command.strip_prefix(&here).unwrap_or(&command);
    // `.` looks for a name without a slash along PATH.
    let env = data.join("env");
    let env = if env.components().count() == 1 { Path::new(".").join(env) } else { env };
    let (env, command) = (env.display().to_string(), command.display().to_string());
    format!("set -a; . {}; set +a; {} --help", folder::quoted(&env), folder::quoted(&command))
}

/// A port on which is listened.
struct Listening {
    /// One for each loopback address that this machine has.
    listeners: Vec<TcpListener>,
    port: u16,
}

/// Which of them `localhost` is, browsers decide.
const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

impl Listening {
    /// On those of the addresses that this machine has.
    async fn on(addresses: &[IpAddr], port: u16) -> io::Result<Self> {
        let mut all = Self { listeners: Vec::new(), port };
        let mut trouble = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in addresses {
            match TcpListener::bind((*address, all.port)).await {
                Ok(listener) => {
                    all.port = listener.local_addr()?.port();
                    all.listeners.push(listener);
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied) => {
                    return Err(error);
                }
                // This machine has none of this kind.
                Err(error) => trouble = error,
            }
        }
        if all.listeners.is_empty() { Err(trouble) } else { Ok(all) }
    }

    /// The one that programs call.
    fn first(mut self) -> TcpListener {
        self.listeners.swap_remove(0)
    }

    /// Where people find it.
    fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Where programs do, without asking what `localhost` is.
    fn url_of_programs(&self) -> String {
        match self.listeners[0].local_addr() {
            Ok(address) if !address.ip().is_unspecified() => format!("http://{address}"),
            _ => format!("http://127.0.0.1:{}", self.port),
        }
    }
}

async fn listen(on: &[IpAddr], port: Option<Port>, beyond: u16) -> Result<Listening, Error> {
    match port {
        None | Some(Port::Exactly(0)) => {
            // A port that is free for one kind of address may be taken for the other.
            for _ in 0..50 {
                if let Ok(all) = Listening::on(on, 0).await {
                    return Ok(all);
                }
            }
            Ok(Listening::on(on, 0).await?)
        }
        Some(Port::Exactly(port)) => Listening::on(on, port)
            .await
            .map_err(|error| format!("Port {port} can't be used: {error}. Choose another with --port").into()),
        Some(Port::From(first)) => {
            for port in (first + beyond)..first.saturating_add(200) {
                if let Ok(all) = Listening::on(on, port).await {
                    return Ok(all);
                }
            }
            Err(format!("No port from {first} on is free. Choose another with --port").into())
        }
    }
}
