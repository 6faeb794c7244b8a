//! Loading over HTTP, with a token that an operator minted (ACT-01).

use std::{borrow::Cow, io::Read};

use api::{Code, Problem, load::Report, path};
use flate2::read::MultiGzDecoder;
use gateway::{
    ApiError, App, Request, Response,
    answer::{answer, ok, problem_with},
    front::{quoted_size, unanswered},
    request::RequestParts,
};
use licensing::{
    import::{Envelope, HEAD, Lines, Reader},
    seal::stored_hash,
};

use crate::{Allowed, Loaded, Loader, Options};

/// The largest body, bytes: what an HTTP API's invocation takes, base64 included.
const LARGEST: usize = 4 * 1024 * 1024;

/// Of the report's lines and warnings so much is sent, bytes as Lambda quotes them: it answers 6 MB.
const LARGEST_REPORT: usize = 4_000_000;

/// Rows that are read and judged at once.
const ROWS_AT_ONCE: usize = 2_000;

/// The largest number that a row can have.
const LAST_ROW: u64 = 1_000_000_000_000;

/// What rows may be sent as; nothing said is taken too.
const KINDS: [&str; 5] =
    ["application/jsonl", "application/x-ndjson", "application/json", "text/plain", "application/octet-stream"];

/// Answers [`path::LOAD`]: JSON lines in, a row-by-row report out. Query: `load` names the load, `from-row` is the number
/// of the body's first row, `dry-run=1` writes nothing, `all-or-nothing=1` writes nothing if a row is refused.
pub async fn handle(app: &App, request: Request) -> Response {
    let what = match (request.method().as_str(), request.uri().path()) {
        ("POST", path::LOAD) => Box::pin(load(app, &request)).await,
        _ => Err(unanswered(&request)),
    };
    answer(app, what)
}

async fn load(app: &App, request: &Request) -> Result<Response, ApiError> {
    let (operator, allowed) = authorized(app, request).await?;
    must_know_the_query(request)?;
    let kind = request.kind();
    if !kind.is_empty() && !KINDS.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return Err(Problem::new(Code::WrongContentType)
            .detail("Send rows, one JSON object a line, with `content-type: application/jsonl` (curl: --data-binary instead of -d).")
            .into());
    }
    let bytes = unpacked(request)?;
    let (dry_run, all_or_nothing) = (flag(request, "dry-run")?, flag(request, "all-or-nothing")?);
    let load = request.query("load").unwrap_or_else(|| app.chance.name());
    if load.len() > 100 || !load.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
        return Err(Problem::new(Code::BadField)
            .field("load")
            .detail("Name the load with at most 100 letters, digits, dots, dashes or underscores.")
            .into());
    }
    let first = request.query("from-row").map_or(Some(1), |text| text.parse().ok());
    let first = first.filter(|first| (1..=LAST_ROW).contains(first)).ok_or_else(|| {
        Problem::new(Code::BadField).field("from-row").detail("Give the number of the body's first row, from 1.")
    })?;
    let options = Options { load, operator, dry_run };
    let loader = |options| Loader::new(app, options).allowing(allowed.clone());
    let envelope = Envelope::of(&bytes[..bytes.len().min(HEAD)]);
    if let Some(envelope) = envelope {
        // Each row is judged, so that the report is as for any other body, and none is loaded.
        let dry = Options { dry_run: true, ..options };
        let (would, left_out) = take(&mut loader(dry), &bytes, first, |line| line.get("error").is_some()).await?;
        let report = Report {
            rows: would.rows,
            lines: values(&would.lines),
            warnings: would.warnings,
            left_out,
            ..Report::default()
        };
        let detail = format!("{} Nothing was loaded.", envelope.sentence());
        return Ok(problem_with(&Problem::new(Code::NotJsonLines).detail(detail), "report", &report));
    }

    if all_or_nothing && !options.dry_run {
        let dry = Options { dry_run: true, ..options.clone() };
        let (would, left_out) = take(&mut loader(dry), &bytes, first, |line| line.get("error").is_some()).await?;
        if would.refused > 0 {
            let (lines, warnings) = (values(&would.lines), would.warnings);
            return Ok(ok(&Report { rows: would.rows, lines, warnings, left_out, ..Report::default() }));
        }
    }
    let mut loader = loader(options);
    let (loaded, left_out) = take(&mut loader, &bytes, first, |_| true).await?;
    // Each body ends its own part of the load: the next part's people get a digest of their own only if they are new.
    loader.finish().await?;
    Ok(ok(&Report {
        rows: loaded.rows,
        taken: loaded.taken,
        unchanged: loaded.unchanged,
        lines: values(&loaded.lines),
        warnings: loaded.warnings,
        left_out,
    }))
}

/// The rows, unpacked where they are packed: no more of them than may be sent at once.
fn unpacked(request: &Request) -> Result<Cow<'_, [u8]>, ApiError> {
    let too_large = || {
        Problem::new(Code::TooLarge)
            .detail("Send at most 4 MiB of rows at once, unpacked, with `from-row` for the next part.")
    };
    let bytes = request.bytes();
    let encoding = request.text_header("content-encoding").unwrap_or_default().trim().to_ascii_lowercase();
    let bytes = match encoding.as_str() {
        "" | "identity" => bytes,
        "gzip" | "x-gzip" => {
            let mut rows = Vec::new();
            let most = LARGEST as u64 + 1;
            MultiGzDecoder::new(&bytes[..]).take(most).read_to_end(&mut rows).map_err(|_| {
                Problem::new(Code::NotJsonLines)
                    .detail("The body says that it is gzip and can't be unpacked. Nothing was loaded.")
            })?;
            Cow::Owned(rows)
        }
        _ => {
            return Err(Problem::new(Code::WrongContentType)
                .detail("Send rows as they are, or with `content-encoding: gzip`. Nothing was loaded.")
                .into());
        }
    };
    if bytes.len() > LARGEST { Err(too_large().into()) } else { Ok(bytes) }
}

/// A switch of the query. What can't be read is refused: `dry-run=yes` must not load anything.
fn flag(request: &Request, name: &'static str) -> Result<bool, ApiError> {
    match request.query(name).as_deref() {
        None | Some("0" | "false") => Ok(false),
        Some("1" | "true") => Ok(true),
        Some(_) => Err(Problem::new(Code::BadField).field(name).detail("Write 1 or 0. Nothing was loaded.").into()),
    }
}

/// What a query may hold. A typing error in `dry-run` must not load anything either.
const QUERY: [&str; 4] = ["load", "from-row", "dry-run", "all-or-nothing"];

fn must_know_the_query(request: &Request) -> Result<(), ApiError> {
    let names = request.uri().query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let unknown = names.map(|pair| pair.split('=').next().unwrap_or_default()).find(|name| !QUERY.contains(name));
    let Some(unknown) = unknown else { return Ok(()) };
    let detail = format!("The query may hold {}. Nothing was loaded.", QUERY.join(", "));
    Err(Problem::new(Code::BadField).field(unknown.chars().take(100).collect::<String>()).detail(detail).into())
}

/// Takes the rows of a body, piece by piece: memory is bounded by a piece and the report. Beside what became of them, how
/// many of the wanted lines and of the warnings the report has no room for.
async fn take(
    loader: &mut Loader<'_>,
    bytes: &[u8],
    first: u64,
    wanted: fn(&serde_json::Value) -> bool,
) -> Result<(Loaded, u64), store::Error> {
    let (mut lines, mut reader, mut rest) = (Lines::from_row(first), Reader::of(loader.policy()), bytes);
    let (mut all, mut left_out, mut room) = (Loaded::default(), 0, LARGEST_REPORT);
    loop {
        let mut rows = Vec::with_capacity(ROWS_AT_ONCE);
        while rows.len() < ROWS_AT_ONCE
            && let Some(line) = lines.next(&mut rest)
        {
            rows.push(reader.read(&line));
        }
        let last = rows.len() < ROWS_AT_ONCE;
        if last && let Some(line) = lines.last() {
            rows.push(reader.read(&line));
        }
        if !rows.is_empty() {
            let mut part = loader.take(&rows).await?;
            part.lines.retain(|line| value(line).is_some_and(|line| wanted(&line)));
            left_out += fit(&mut part.lines, &mut room) + fit(&mut part.warnings, &mut room);
            all.add(part);
        }
        if last {
            return Ok((all, left_out));
        }
    }
}

/// Keeps the lines that fit, and counts the others.
fn fit(lines: &mut Vec<String>, room: &mut usize) -> u64 {
    let all = lines.len();
    let fitting = lines.iter().take_while(|line| {
        let left = room.checked_sub(quoted_size(line) + 4);
        *room = left.unwrap_or(0);
        left.is_some()
    });
    let fitting = fitting.count();
    lines.truncate(fitting);
    (all - fitting) as u64
}

/// The name of whom the token was minted for, and what it allows.
async fn authorized(app: &App, request: &Request) -> Result<(String, Allowed), ApiError> {
    let refused = || {
        Problem::new(Code::SignInNeeded)
            .detail("Send `Authorization: Bearer TOKEN` with a token for loading that an operator minted.")
    };
    let header = request.text_header("authorization").unwrap_or_default();
    let secret = header.strip_prefix("Bearer ").ok_or_else(refused)?;
    let token = app.store.token(&stored_hash(secret.trim().as_bytes())).await?.ok_or_else(refused)?;
    let scopes = token.loads(app.now());
    if scopes.is_empty() {
        return Err(refused().into());
    }
    Ok((token.name, Allowed::To { scopes, customers: token.customers }))
}

fn values(lines: &[String]) -> Vec<serde_json::Value> {
    lines.iter().filter_map(|line| value(line)).collect()
}

fn value(line: &str) -> Option<serde_json::Value> {
    serde_json::from_str(line).ok()
}
