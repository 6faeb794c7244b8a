//! Loading over HTTP, with a token of scope `load` (ACT-01).

use api::{Code, Problem, load::Report, path};
use gateway::{
    App, Oops, Request, Response,
    answer::{answer, ok},
    request::Ask,
};
use licensing::{
    import::{Lines, Reader, Row},
    seal::stored_hash,
};

use crate::{Loaded, Loader, Options};

/// The largest body, bytes: what an HTTP API's invocation takes, base64 included.
const LARGEST: usize = 4 * 1024 * 1024;

/// Answers [`path::LOAD`]: JSON lines in, a row-by-row report out. Query: `load` names the load, `from-row` is the number
/// of the body's first row, `dry-run=1` writes nothing, `all-or-nothing=1` writes nothing if a row is refused, `last=1`
/// ends the load so that welcome mails go out.
pub async fn handle(app: &App, request: Request) -> Response {
    let what = match (request.method().as_str(), request.uri().path()) {
        ("POST", path::LOAD) => load(app, &request).await,
        (_, path::LOAD) => Err(Code::WrongMethod.into()),
        _ => Err(Code::NotFound.into()),
    };
    answer(app, what)
}

async fn load(app: &App, request: &Request) -> Result<Response, Oops> {
    let operator = authorized(app, request).await?;
    let bytes = request.bytes();
    if bytes.len() > LARGEST {
        return Err(Problem::new(Code::TooLarge)
            .detail("Send at most 4 MiB of rows at once, with `from-row` for the next part.")
            .into());
    }
    let flag = |name: &str| request.query(name).is_some_and(|value| value == "1" || value == "true");
    let load = request.query("load").unwrap_or_else(|| app.chance.name());
    if load.len() > 100 || !load.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
        return Err(Problem::new(Code::BadField)
            .field("load")
            .detail("Name the load with at most 100 letters, digits, dots, dashes or underscores.")
            .into());
    }
    let first: u64 = request.query("from-row").map_or(Ok(1), |text| text.parse()).map_err(|_| {
        Problem::new(Code::BadField).field("from-row").detail("Give the number of the body's first row, from 1.")
    })?;
    let rows = rows_of(&bytes, first.max(1));
    let options = Options { load, operator, dry_run: flag("dry-run") };

    if flag("all-or-nothing") && !options.dry_run {
        let dry = Options { dry_run: true, ..options.clone() };
        let would = take(&mut Loader::new(app, dry), &rows).await?;
        if would.refused > 0 {
            let refused = values(would.lines).into_iter().filter(|line| line.get("error").is_some()).collect();
            return Ok(ok(&Report { rows: would.rows, lines: refused, warnings: would.warnings, ..Report::default() }));
        }
    }
    let mut loader = Loader::new(app, options);
    let loaded = take(&mut loader, &rows).await?;
    // Each body ends its own part of the load: the next part's people get a digest of their own only if they are new.
    loader.finish().await?;
    Ok(ok(&Report {
        rows: loaded.rows,
        taken: loaded.taken,
        unchanged: loaded.unchanged,
        lines: values(loaded.lines),
        warnings: loaded.warnings,
    }))
}

async fn take(loader: &mut Loader<'_>, rows: &[Row]) -> Result<Loaded, store::Error> {
    let mut loaded = Loaded::default();
    for chunk in rows.chunks(500) {
        loaded.add(loader.take(chunk).await?);
    }
    Ok(loaded)
}

/// The name of whom the token was minted for.
async fn authorized(app: &App, request: &Request) -> Result<String, Oops> {
    let refused = || {
        Problem::new(Code::SignInNeeded)
            .detail("Send `Authorization: Bearer TOKEN` with a token of scope `load` that an operator minted.")
    };
    let header = request.text_header("authorization").unwrap_or_default();
    let secret = header.strip_prefix("Bearer ").ok_or_else(refused)?;
    let token = app.store.token(&stored_hash(secret.trim().as_bytes())).await?.ok_or_else(refused)?;
    if !token.allows("load", app.now()) {
        return Err(refused().into());
    }
    Ok(token.name)
}

fn rows_of(bytes: &[u8], first: u64) -> Vec<Row> {
    let (mut lines, mut reader, mut rest) = (Lines::from_row(first), Reader::new(), bytes);
    let mut rows = Vec::new();
    while let Some(line) = lines.next(&mut rest) {
        rows.push(reader.read(&line));
    }
    if let Some(line) = lines.last() {
        rows.push(reader.read(&line));
    }
    rows
}

fn values(lines: Vec<String>) -> Vec<serde_json::Value> {
    lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
