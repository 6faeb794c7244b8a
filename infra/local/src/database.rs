//! The embedded database, served over HTTP for the real SDK: the portal's functions, the command line, tests.

use std::{path::Path, sync::Arc, thread};

use tokio::{net::TcpListener, sync::oneshot};

use crate::Error;

/// The database and its server, which stops when this is dropped.
pub struct Database {
    handle: Arc<dynoxide::Database>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<thread::JoinHandle<()>>,
}

impl Database {
    /// Opens the file, or an empty database in memory, and serves it.
    ///
    /// The file is in `SQLite`'s write-ahead mode with `synchronous = FULL`: what was answered is on the disk. Statements
    /// block, so the server has threads of its own and never holds up the portal's.
    pub fn serve(file: Option<&Path>, listener: TcpListener) -> Result<Self, Error> {
        let database = match file {
            Some(path) => {
                open(path).map_err(|error| format!("the database {} can't be opened: {error}", path.display()))?
            }
            None => dynoxide::Database::memory()?,
        };
        let listener = listener.into_std()?;
        let (stop, stopped) = oneshot::channel();
        let served = database.clone();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("database")
            .enable_all()
            .build()?;
        let serving = thread::Builder::new().name("database".into()).spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("it listened before");
                // Connections are kept open by the SDK, so waiting for their end would be waiting for ever.
                tokio::select! {
                    () = dynoxide::server::serve_on(listener, served) => {}
                    _ = stopped => {}
                }
            });
            // A request that is being worked on comes to its end: its transaction is whole.
            runtime.shutdown_timeout(std::time::Duration::from_secs(2));
        })?;
        Ok(Self { handle: Arc::new(database), stop: Some(stop), serving: Some(serving) })
    }

    /// The database itself, for what has no HTTP address: streams and expiry.
    pub fn clone_handle(&self) -> Arc<dynoxide::Database> {
        Arc::clone(&self.handle)
    }

    /// Stops serving.
    pub fn stop(mut self) {
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

fn open(path: &Path) -> Result<dynoxide::Database, Error> {
    let database = dynoxide::Database::new(path.to_str().ok_or("its name is not text")?)?;
    // The engine keeps a stream's records for ever and looks through all of them at every write and every poll.
    rusqlite::Connection::open(path)?.execute_batch(
        "CREATE INDEX IF NOT EXISTS countersign_stream_places
         ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
    )?;
    Ok(database)
}
