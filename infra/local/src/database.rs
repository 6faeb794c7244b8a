//! The embedded database, served over HTTP for the real SDK: the portal's functions, the command line, tests.

use std::{path::Path, sync::Arc, thread};

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::post,
};
use dynoxide::DynoxideError;
use http::{HeaderMap, StatusCode, header};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    Error,
    signed::Access,
    wire::{self, Door, LARGEST, Serves},
};

/// The database and its server, which stops when this is dropped.
pub struct Database {
    handle: Arc<dynoxide::Database>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<thread::JoinHandle<()>>,
}

impl Database {
    /// Opens the file, or an empty database in memory, and serves it to those who have access; to everybody where none is
    /// given, as in measurements.
    ///
    /// The file is in `SQLite`'s write-ahead mode with `synchronous = FULL`: what was answered is on the disk. Statements
    /// block, so the server has threads of its own and never holds up the portal's.
    pub fn serve(file: Option<&Path>, listener: TcpListener, access: Option<&Access>) -> Result<Self, Error> {
        let database = match file {
            Some(path) => {
                open(path).map_err(|error| format!("the database {} can't be opened: {error}", path.display()))?
            }
            None => dynoxide::Database::memory()?,
        };
        let url = format!("http://{}", listener.local_addr()?);
        let listener = listener.into_std()?;
        let (stop, stopped) = oneshot::channel();
        let handle = Arc::new(database);
        let served = router(Arc::clone(&handle), &url, access);
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
                    _ = axum::serve(listener, served) => {}
                    _ = stopped => {}
                }
            });
            // A request that is being worked on comes to its end: its transaction is whole.
            runtime.shutdown_timeout(std::time::Duration::from_secs(2));
        })?;
        Ok(Self { handle, stop: Some(stop), serving: Some(serving) })
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

/// The engine's own server answers every page of the web (any host, `access-control-allow-origin: *`, any signature) and can't be
/// put behind a guard, so its operations are called here.
fn router(database: Arc<dynoxide::Database>, url: &str, access: Option<&Access>) -> Router {
    let router = Router::new().route("/", post(operate)).layer(DefaultBodyLimit::max(LARGEST)).with_state(database);
    let Some(access) = access else { return router };
    let router = router.layer(from_fn_with_state(access.clone(), wire::signed));
    Door { url: url.into(), serves: Serves::Programs }.guard(router)
}

/// One call, as `DynamoDB` answers it.
async fn operate(State(database): State<Arc<dynoxide::Database>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix("DynamoDB_20120810.").unwrap_or_default();
    let (status, answer) = match call(&database, operation, &body) {
        Ok(answer) => (StatusCode::OK, answer),
        Err(error) => (StatusCode::from_u16(error.status_code()).unwrap_or(StatusCode::BAD_REQUEST), error.to_json()),
    };
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.0")], answer).into_response()
}

/// The operations that functions, the command line and tests use.
fn call(database: &dynoxide::Database, operation: &str, body: &[u8]) -> dynoxide::Result<String> {
    match operation {
        "BatchGetItem" => with(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => with(body, |request| database.batch_write_item(request)),
        "CreateTable" => with(body, |request| database.create_table(request)),
        "DeleteItem" => with(body, |request| database.delete_item(request)),
        "DescribeTable" => with(body, |request| database.describe_table(request)),
        "DescribeTimeToLive" => with(body, |request| database.describe_time_to_live(request)),
        "GetItem" => with(body, |request| database.get_item(request)),
        "ListTables" => with(body, |request| database.list_tables(request)),
        "PutItem" => with(body, |request| database.put_item(request)),
        "Query" => with(body, |request| database.query(request)),
        "Scan" => with(body, |request| database.scan(request)),
        "TransactGetItems" => with(body, |request| database.transact_get_items(request)),
        "TransactWriteItems" => with(body, |request| database.transact_write_items(request)),
        "UpdateItem" => with(body, |request| database.update_item(request)),
        "UpdateTable" => with(body, |request| database.update_table(request)),
        "UpdateTimeToLive" => with(body, |request| database.update_time_to_live(request)),
        other => Err(DynoxideError::ValidationException(format!("`{other}` is not served on this machine"))),
    }
}

fn with<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    call: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> dynoxide::Result<String> {
    let request = serde_json::from_slice(body).map_err(|why| DynoxideError::ValidationException(why.to_string()))?;
    let answer = call(request)?;
    serde_json::to_string(&answer).map_err(|why| DynoxideError::InternalServerError(why.to_string()))
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
