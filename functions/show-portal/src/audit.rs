//! The audit: of a Licensing ID, of an organisation account, of the reader's own profile, and the keys by which its seals are checked (SAFE-01, SAFE-02).
//!
//! A page is read newest first. An export is the chain from its first entry to its newest, in the form that
//! `countersign audit verify` reads: the newest seal, the entries, and the end. The end is what the chain's head said when
//! the export began, so entries that were cut off in the database are missed in the export.

use api::{
    Code, Page, Problem,
    audit::{Keys, Row},
};
use gateway::{ApiError, App, Request, Response, answer, request::RequestParts, rights::rights, session::WhoSlots};
use licensing::{
    AccountId, Licence,
    audit::{Entry, Head, Line, Seal, account_chain, key_name, licence_chain, profile_chain},
    rights::Rights,
    seal::to_text,
};
use store::{
    Batch, BatchResult, Error, Slot,
    audit::{StoredHead, StoredSeal},
    licences::account,
    standing::StandingSlots,
};

use crate::{
    file::{Cell, Sheet, asked, csv_head, csv_line, with_next},
    refusal::nothing_there,
    words,
};

/// Rows of a page.
const ROWS: usize = 50;
/// Entries that one query of a search or an export asks for; the database gives 1 MB at most.
const ENTRIES: usize = 2000;
/// A search reads so often before it says how far it came: bounded work, and the next page goes on.
const READS: usize = 10;

/// The published keys of seals, so that an export can be checked offline.
pub(crate) fn keys(app: &App) -> Response {
    let keys = app.keys.published.iter().map(|key| (key_name(key), to_text(key.as_bytes()))).collect();
    answer::ok(&Keys { keys })
}

/// The reader's own audit: two steps.
pub(crate) async fn mine(app: &App, request: &Request) -> Result<Response, ApiError> {
    let slots = WhoSlots::of(app, request);
    let profile = slots.ids().map(|(profile, _)| profile.clone()).ok_or(Code::SignInNeeded)?;
    let chain = profile_chain(&profile);
    let ends = Ends::of(&chain);
    let mut batch = Batch::default();
    ends.add_to(&mut batch);
    slots.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let who = slots.take(app, &got)?;
    let (head, seal) = ends.from(&got)?;
    let chain = Chain { app, request, name: chain, file: "my-audit".into(), head, seal };
    let (read, touched) = tokio::join!(chain.answer(), who.touch(app));
    touched?;
    read
}

/// The audit of a Licensing ID, for its Administrators: two steps; one more for each agreement above, for those who are Administrator
/// there only.
pub(crate) async fn of_licence(app: &App, request: &Request, licence: &Licence) -> Result<Response, ApiError> {
    let (slots, standing) = (WhoSlots::of(app, request), StandingSlots::of(licence));
    let chain = licence_chain(licence);
    let ends = Ends::of(&chain);
    let mut batch = Batch::default();
    standing.add_to(&mut batch);
    ends.add_to(&mut batch);
    slots.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let who = slots.take(app, &got)?;
    let mut loaded = standing.from(&got)?;
    if !rights(app, &mut loaded, &who.proven(), Rights::reads_audit).await?.reads_audit() {
        return Err(nothing_there(app, licence, loaded.as_ref()).await);
    }
    let file = format!("audit-{}-{}", licence.programme, file_part(licence.number.as_str()));
    let (head, seal) = ends.from(&got)?;
    let chain = Chain { app, request, name: chain, file, head, seal };
    let (read, touched) = tokio::join!(chain.answer(), who.touch(app));
    touched?;
    read
}

/// The audit of an organisation account, for its global administrators: two steps.
pub(crate) async fn of_account(app: &App, request: &Request, id: &AccountId) -> Result<Response, ApiError> {
    let (slots, found) = (WhoSlots::of(app, request), account(id));
    let chain = account_chain(id);
    let ends = Ends::of(&chain);
    let mut batch = Batch::default().with(&found);
    ends.add_to(&mut batch);
    slots.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let who = slots.take(app, &got)?;
    if !got.get(&found)?.is_some_and(|account| account.is_global_admin(&who.proven())) {
        return Err(Code::NotAllowed.into());
    }
    let file = format!("audit-account-{}", file_part(id.as_str()));
    let (head, seal) = ends.from(&got)?;
    let chain = Chain { app, request, name: chain, file, head, seal };
    let (read, touched) = tokio::join!(chain.answer(), who.touch(app));
    touched?;
    read
}

/// A text as it can stand in a file's name.
fn file_part(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// A chain that the reader may read.
struct Chain<'a> {
    app: &'a App,
    request: &'a Request,
    name: String,
    /// What its files are called.
    file: String,
    head: Option<StoredHead>,
    seal: Option<Seal>,
}

/// Where a chain's end and its newest seal are read from.
struct Ends {
    head: Slot<StoredHead>,
    seal: Slot<StoredSeal>,
}

impl Ends {
    fn of(chain: &str) -> Self {
        Self { head: store::audit::head(chain), seal: store::audit::seal(chain) }
    }

    fn add_to(&self, batch: &mut Batch) {
        batch.add(&self.head);
        batch.add(&self.seal);
    }

    fn from(&self, got: &BatchResult) -> Result<(Option<StoredHead>, Option<Seal>), Error> {
        Ok((got.get(&self.head)?, got.get(&self.seal)?.map(|stored| stored.seal)))
    }
}

/// The form of an export.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Lines,
    Csv,
}

impl Chain<'_> {
    async fn answer(&self) -> Result<Response, ApiError> {
        match self.request.query("format").as_deref() {
            None => self.page().await,
            Some("jsonl") => self.export(Form::Lines).await,
            Some("csv") => self.export(Form::Csv).await,
            Some(_) => {
                let detail = "Ask for `jsonl` or `csv`, or for no format.";
                Err(Problem::new(Code::BadField).field("format").detail(detail).into())
            }
        }
    }

    async fn page(&self) -> Result<Response, ApiError> {
        let mut before = match self.request.query("after") {
            None => None,
            // The page after the first entry has none, so nobody was told to ask for it.
            Some(after) => Some(number(&after).filter(|after| *after > 1).ok_or_else(no_such_place)?),
        };
        let wanted = Wanted::of(self.request);
        let most = if wanted.everything() { ROWS } else { ENTRIES };
        let mut rows: Vec<Row> = Vec::new();
        for _ in 0..READS {
            let entries = self.app.store.audit_newest(&self.name, before, limit(most)).await?;
            before = entries.last().map(|last| last.seq);
            let fitting = entries.into_iter().filter(|entry| wanted.fits(entry));
            rows.extend(fitting.take(ROWS - rows.len()).map(|entry| self.row(entry)));
            if rows.len() == ROWS {
                before = rows.last().map(|row| row.seq);
            }
            // The first entry of a chain has the number 1.
            before = before.filter(|seq| *seq > 1);
            if rows.len() == ROWS || before.is_none() {
                break;
            }
        }
        Ok(answer::ok(&Page { rows, next: before.map(|seq| seq.to_string()) }))
    }

    fn row(&self, entry: Entry) -> Row {
        let sealed = self.is_sealed(&entry);
        let actor_name = actor_name(&entry).map(str::to_owned);
        Row {
            seq: entry.seq,
            at: entry.at.into(),
            facts: facts(&entry).map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            action: entry.action,
            actor: entry.actor,
            actor_name,
            sealed,
        }
    }

    fn is_sealed(&self, entry: &Entry) -> bool {
        self.seal.as_ref().is_some_and(|seal| entry.seq <= seal.seq)
    }

    async fn export(&self, form: Form) -> Result<Response, ApiError> {
        let from = Place::asked(self.request)?;
        if let Some(from) = &from {
            self.must_have_ended_at(&from.end).await?;
        }
        let end = from
            .as_ref()
            .map_or_else(|| self.head.as_ref().map_or_else(Head::empty, StoredHead::head), |from| from.end.clone());
        let mut sheet = Sheet::default();
        match (form, &from) {
            (Form::Lines, None) => {
                let seal = self.seal.as_ref().map(|seal| json_line(&Line::Seal(seal.clone())));
                sheet.push(&seal.unwrap_or_default());
            }
            (Form::Csv, None) => {
                sheet.push(&csv_head(&HEAD));
            }
            // A part goes on where the one before it ended.
            (_, Some(_)) => {}
        }
        let begun = from.map_or(0, |from| from.after);
        let reached = self.entries(form, begun, &end, &mut sheet).await?;
        let next = reached.map(|after| Place { after, end: end.clone() }.text());
        if form == Form::Lines && next.is_none() {
            sheet.text.push_str(&json_line(&Line::End(end.clone())));
        }
        let (kind, ending) = match form {
            Form::Lines => ("application/jsonl; charset=utf-8", "jsonl"),
            Form::Csv => ("text/csv; charset=utf-8", "csv"),
        };
        // The name of a part says so: nobody takes it for the whole.
        let part = match (begun, reached) {
            (0, None) => String::new(),
            (_, reached) => format!("-{}-to-{}-of-{}", begun + 1, reached.unwrap_or(end.seq), end.seq),
        };
        let file = answer::file(kind, &format!("{}{part}.{ending}", self.file), sheet.text);
        Ok(with_next(file, self.request, next.as_deref()))
    }

    /// Where an export ends is what this chain's head said when it began, whatever a request says: the head is still there, or
    /// further on.
    async fn must_have_ended_at(&self, end: &Head) -> Result<(), ApiError> {
        let head = self.head.as_ref().map_or_else(Head::empty, StoredHead::head);
        let was = match end.seq.checked_sub(1) {
            Some(before) if end.seq < head.seq => {
                let (entries, _) = self.app.store.audit_page(&self.name, before, 1).await?;
                entries.into_iter().next().is_some_and(|entry| entry.seq == end.seq && entry.hash == end.hash)
            }
            _ => *end == head,
        };
        if was { Ok(()) } else { Err(no_such_place()) }
    }

    /// Writes the entries after a place up to the end; the last one that was written, if the file is full before.
    async fn entries(&self, form: Form, mut after: u64, end: &Head, sheet: &mut Sheet) -> Result<Option<u64>, Error> {
        let wanted = Wanted::of(self.request);
        loop {
            let (entries, next) = self.app.store.audit_page(&self.name, after, limit(ENTRIES)).await?;
            // What was written since the export began comes with the next one.
            for entry in entries.into_iter().take_while(|entry| entry.seq <= end.seq) {
                let seq = entry.seq;
                let line = match form {
                    Form::Lines => json_line(&Line::Entry(entry)),
                    Form::Csv if wanted.fits(&entry) => self.csv(&entry),
                    Form::Csv => String::new(),
                };
                if !sheet.push(&line) {
                    return Ok(Some(after));
                }
                after = seq;
            }
            match next {
                Some(next) if next < end.seq => after = next,
                _ => return Ok(None),
            }
        }
    }

    fn csv(&self, entry: &Entry) -> String {
        let facts: Vec<String> = facts(entry).map(|(name, value)| format!("{name}={value}")).collect();
        csv_line(&[
            Cell::Plain(entry.seq.to_string()),
            Cell::Plain(words::time(entry.at)),
            Cell::Text(&entry.action),
            Cell::Text(&words::spelled(&entry.action)),
            Cell::Text(&entry.actor),
            Cell::Text(&words::actor(&entry.actor)),
            Cell::Text(actor_name(entry).unwrap_or_default()),
            Cell::Text(&facts.join("; ")),
            Cell::Text(if self.is_sealed(entry) { "yes" } else { "no" }),
            Cell::Text(&entry.hash),
        ])
    }
}

/// The columns of an export as CSV.
const HEAD: [&str; 10] =
    ["seq", "at", "action", "action_name", "actor", "actor_kind", "actor_name", "facts", "sealed", "hash"];

/// What the reader looks for. An export as JSON lines is the whole chain whatever they look for: a part of it is no proof.
struct Wanted {
    /// In lower case.
    text: Option<String>,
}

impl Wanted {
    fn of(request: &Request) -> Self {
        Self { text: asked(request).map(|text| plain(&text)) }
    }

    const fn everything(&self) -> bool {
        self.text.is_none()
    }

    fn fits(&self, entry: &Entry) -> bool {
        let Some(text) = &self.text else { return true };
        let names = [entry.action.as_str(), entry.actor.as_str()].into_iter().chain(actor_name(entry));
        names.chain(facts(entry).map(|(_, value)| value)).any(|place| plain(place).contains(text))
    }
}

/// As a reader types it: `activation.revival-asked` is found by "revival asked".
fn plain(text: &str) -> String {
    text.to_lowercase().replace(['.', '-', '_'], " ")
}

fn limit(entries: usize) -> i32 {
    i32::try_from(entries).unwrap_or(i32::MAX)
}

/// Where the next part of an export begins, and where the export ends, whatever is written meanwhile.
struct Place {
    after: u64,
    end: Head,
}

impl Place {
    fn asked(request: &Request) -> Result<Option<Self>, ApiError> {
        let Some(text) = request.query("after") else { return Ok(None) };
        let mut parts = text.splitn(3, '.');
        let mut next = || number(parts.next()?);
        let place = next().zip(next());
        let place =
            place.zip(parts.next()).map(|((after, seq), hash)| Self { after, end: Head { seq, hash: hash.into() } });
        place.map(Some).ok_or_else(no_such_place)
    }

    fn text(&self) -> String {
        format!("{}.{}.{}", self.after, self.end.seq, self.end.hash)
    }
}

/// An entry's number; no chain is longer than this.
fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| *number < 1_000_000_000_000_000)
}

fn no_such_place() -> ApiError {
    Problem::new(Code::BadField)
        .field("after")
        .detail("Pass what the page or part before names as the next one, or leave it out to begin anew.")
        .into()
}

fn json_line(line: &Line) -> String {
    serde_json::to_string(line).expect("lines are plain data") + "\n"
}

/// Who did it, unless the name was deleted.
fn actor_name(entry: &Entry) -> Option<&str> {
    entry.personal.get("actor").map(|salted| salted.value.as_str())
}

/// What is said of it. An Administrator may know the addresses of their own Licensing ID, and everybody their own.
fn facts(entry: &Entry) -> impl Iterator<Item = (&str, &str)> {
    let personal = entry.personal.iter().filter(|(name, _)| !name.starts_with("actor"));
    let plain = entry.facts.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    plain.chain(personal.map(|(name, salted)| (name.as_str(), salted.value.as_str())))
}
