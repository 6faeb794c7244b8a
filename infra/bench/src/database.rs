//! The embedded database, in a process of its own: what it uses is then not counted as what is measured.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

use licensing::Timestamp;

pub use crate::links::Begin;
use crate::{Error, links};

/// The prefix of the tables' names, as on one machine.
pub const TABLES: &str = local::TABLES;

/// A running database, which is killed when this is dropped.
pub struct Database {
    child: Child,
    /// Where it answers.
    pub endpoint: String,
}

/// A folder that is gone when this is dropped: in memory where that can be had, so that no disk is measured.
pub struct Folder(PathBuf);

impl Folder {
    /// A fresh one.
    pub fn new() -> Result<Self, Error> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let path = parent.join(format!("countersign-bench-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed)));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Every program of this package is a database when it is called as one: `PROGRAM database FILE LINKS DUE END`.
pub fn serve_if_asked() -> Option<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [word, file, links, due, end] = arguments.as_slice() else { return None };
    if word != "database" {
        return None;
    }
    let begin = (|| Some(Begin { links: links.parse().ok()?, due: due.parse().ok()?, end: end.parse().ok()? }))()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().ok()?;
    Some(match runtime.block_on(serve(Path::new(file), begin)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the database: {error}");
            ExitCode::FAILURE
        }
    })
}

async fn serve(file: &Path, begin: Begin) -> Result<(), Error> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let database = local::database::Database::serve(Some(file), listener, None)?;
    store::table::create_all(&gateway::testing::client(&endpoint), TABLES).await?;
    if begin.links > 0 {
        links::put(&database.clone_handle(), TABLES, begin).await?;
    }
    println!("{endpoint}");
    std::io::stdout().flush()?;
    std::future::pending().await
}

impl Database {
    /// Starts an empty one on this file.
    pub fn start(file: &Path) -> Result<Self, Error> {
        Self::start_with(file, Begin { links: 0, due: 0, end: Timestamp::UNIX_EPOCH })
    }

    /// Starts one.
    pub fn start_with(file: &Path, begin: Begin) -> Result<Self, Error> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("database")
            .arg(file)
            .args([begin.links.to_string(), begin.due.to_string(), begin.end.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut endpoint = String::new();
        BufReader::new(child.stdout.take().ok_or("it has an output")?).read_line(&mut endpoint)?;
        if endpoint.is_empty() {
            return Err("the database did not start".into());
        }
        Ok(Self { child, endpoint: endpoint.trim().to_owned() })
    }

    /// Its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// What a function or the command line needs in its environment to work on it.
    pub fn environment(&self) -> [(&'static str, String); 6] {
        [
            ("AWS_ENDPOINT_URL_DYNAMODB", self.endpoint.clone()),
            ("AWS_REGION", "local".into()),
            ("AWS_ACCESS_KEY_ID", "local".into()),
            ("AWS_SECRET_ACCESS_KEY", "local".into()),
            ("COUNTERSIGN_MODE", "local".into()),
            ("COUNTERSIGN_TABLES", TABLES.into()),
        ]
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An application on a database, with the command line's settings, at a time of its own.
pub fn app(endpoint: &str, now: Timestamp) -> Result<gateway::App, Error> {
    let settings = gateway::boot::Settings {
        region: "local".into(),
        credentials: gateway::boot::credentials(),
        dynamodb: Some(endpoint.into()),
        ses: None,
        tables: TABLES.into(),
        site: "http://localhost:8400".into(),
        production: false,
        policy: None,
        link_keys: None,
        seal_key: None,
        seal_public: None,
        mail_set: None,
        edge_secrets: None,
        eventbridge: None,
        bus: None,
        webhook_keys: None,
        loopback: false,
        roots: None,
    };
    gateway::boot::app(&settings, gateway::Clock::fixed(now), gateway::Chance::system())
}
