//! Manage activations: what the reader's addresses see, once each (LINK-05). First what listings let them see, in the order of
//! Licensing ID and product, then that of Licensing IDs on which an act made them Administrator or Online Services Manager.

use std::collections::BTreeMap;

use api::{Code, Page, Problem, activations::Phase};
use futures_util::future::join_all;
use gateway::{ApiError, App, Request, Response, answer, request::RequestParts, session::WhoSlots};
use licensing::{Address, Licence, Sku, Timestamp, access::Action, activation::Summary, rights::viewers};
use store::{
    Batch, Error,
    licences::{self, product},
    standing::StandingSlots,
};

use crate::{
    file::{Cell, Sheet, asked, csv_head, csv_line, with_next},
    shown, words,
};

/// Rows of a page.
const ROWS: usize = 50;
/// Rows that one query reads where most of them may be left out: about 400 kB.
const ROWS_TO_SEARCH: usize = 1000;
/// A search reads so often before it says how far it came: bounded work, and the next page goes on.
const READS: usize = 10;
/// What the keys of these rows begin with.
const KEY: &str = "activation#";
/// The longest place in the list that is taken; no key of ours is longer.
const LONGEST_AFTER: usize = 1000;

/// Answers a page, or all as a file.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Response, ApiError> {
    let wanted = Wanted::of(request)?;
    let after = request.query("after");
    if after.as_ref().is_some_and(|after| after.len() > LONGEST_AFTER) {
        return Err(Problem::new(Code::BadField)
            .field("after")
            .detail("Pass what the page before names as `next`, or leave it out for the first page.")
            .into());
    }
    let (who, renamed) = (WhoSlots::of(app, request), licences::products_renamed());
    let mut batch = Batch::default().with(&renamed);
    who.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let (who, renamed) = (who.take(app, &got)?, got.get(&renamed)?.is_some());
    let now = app.now();
    let addresses = who.proven();
    let file = match request.query("format").as_deref() {
        None => false,
        Some("csv") => true,
        Some(_) => {
            return Err(Problem::new(Code::BadField).field("format").detail("Ask for `csv`, or for no format.").into());
        }
    };
    let read = async {
        let reading = Reading { app, addresses: &addresses, place: Place::of(after), renamed };
        if file { csv(reading, request, &wanted, now).await } else { page(reading, &wanted, now).await }
    };
    let (read, touched) = tokio::join!(read, who.touch(app));
    touched?;
    Ok(read?)
}

/// What the reader wants to see.
struct Wanted {
    state: Option<Phase>,
    /// In lower case.
    text: Option<String>,
}

impl Wanted {
    fn of(request: &Request) -> Result<Self, ApiError> {
        let state = match request.query("state") {
            None => None,
            Some(name) => {
                let known = Phase::ALL.into_iter().find(|phase| phase.as_str() == name);
                Some(known.ok_or_else(|| {
                    let names = Phase::ALL.map(|phase| format!("`{}`", phase.as_str())).join(", ");
                    let detail = format!("Ask for one of {names}, or for no state.");
                    Problem::new(Code::BadField).field("state").detail(detail)
                })?)
            }
        };
        Ok(Self { state, text: asked(request) })
    }

    const fn everything(&self) -> bool {
        self.state.is_none() && self.text.is_none()
    }

    fn fits(&self, row: &Summary, now: Timestamp) -> bool {
        let has = |text: &str| {
            let number = row.licence.key();
            let places = [number.as_str(), row.product.as_str(), &row.product_name, &row.customer_name];
            places.into_iter().chain(row.account_name.as_deref()).any(|place| place.to_lowercase().contains(text))
        };
        self.state.is_none_or(|wanted| wanted == row.phase(now)) && self.text.as_deref().is_none_or(has)
    }
}

async fn page(mut reading: Reading<'_>, wanted: &Wanted, now: Timestamp) -> Result<Response, Error> {
    let mut rows = Vec::new();
    // One row more than a page tells whether there is a next one.
    let most = if wanted.everything() { ROWS + 1 } else { ROWS_TO_SEARCH };
    for _ in 0..READS {
        rows.extend(reading.next(most).await?.into_iter().filter(|(_, row)| wanted.fits(row, now)));
        if reading.has_ended() || rows.len() > ROWS {
            break;
        }
    }
    let next = if rows.len() > ROWS {
        rows.truncate(ROWS);
        rows.last().map(|(key, _)| key.clone())
    } else {
        reading.rest()
    };
    Ok(answer::ok(&Page { rows: rows.iter().map(|(_, row)| shown::row(row, now)).collect(), next }))
}

/// The columns of the file.
const HEAD: [&str; 11] = [
    "programme",
    "programme_name",
    "number",
    "product",
    "product_name",
    "customer_name",
    "quantity",
    "state",
    "state_name",
    "account_name",
    "date",
];

async fn csv(mut reading: Reading<'_>, request: &Request, wanted: &Wanted, now: Timestamp) -> Result<Response, Error> {
    let first = matches!(reading.place, Place::Listed(None));
    let mut file = Sheet::default();
    // A part goes on where the one before it ended.
    if first {
        file.push(&csv_head(&HEAD));
    }
    'rows: while !reading.has_ended() && !file.is_nearly_full() {
        let mut before = reading.place.clone();
        for (key, row) in reading.next(ROWS_TO_SEARCH).await?.iter().filter(|(_, row)| wanted.fits(row, now)) {
            let phase = row.phase(now);
            let line = csv_line(&[
                Cell::Text(row.licence.programme.as_str()),
                Cell::Text(words::programme(row.licence.programme)),
                Cell::Text(row.licence.number.as_str()),
                Cell::Text(row.product.as_str()),
                Cell::Text(&row.product_name),
                Cell::Text(&row.customer_name),
                Cell::Plain(row.quantity.to_string()),
                Cell::Text(phase.as_str()),
                Cell::Text(words::state(phase)),
                Cell::Text(row.account_name.as_deref().unwrap_or_default()),
                Cell::Plain(shown::date(row, phase).map(words::time).unwrap_or_default()),
            ]);
            if !file.push(&line) {
                reading.place = before;
                break 'rows;
            }
            before = Place::of(Some(key.clone()));
        }
    }
    let next = reading.rest();
    let name = if first && next.is_none() { "activations.csv" } else { "activations-part.csv" };
    Ok(with_next(answer::file("text/csv; charset=utf-8", name, file.text), request, next.as_deref()))
}

/// How far a list was read: behind which row.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Of what listings let the reader see: behind this key.
    Listed(Option<String>),
    /// Of what acts let the reader see: behind this Licensing ID, and there behind this product.
    Held(Option<(Licence, Option<Sku>)>),
    /// All was read.
    End,
}

/// What the places begin with that lie behind all listed rows.
const HELD: &str = "held#";
/// Stands between a Licensing ID and a product in such a place.
const BEHIND: char = '\u{1}';

impl Place {
    /// Of what a page names as its `next`.
    fn of(text: Option<String>) -> Self {
        let Some(text) = text else { return Self::Listed(None) };
        let Some(held) = text.strip_prefix(HELD) else { return Self::Listed(Some(format!("{KEY}{text}"))) };
        let (licence, product) = held.split_once(BEHIND).map_or((held, None), |(licence, sku)| (licence, Some(sku)));
        // A place that is none of ours leads to the beginning.
        let licence = licence.parse::<Licence>().ok();
        Self::Held(licence.map(|licence| (licence, product.and_then(|sku| sku.parse().ok()))))
    }

    /// As a page names it.
    fn text(&self) -> Option<String> {
        match self {
            Self::Listed(after) => after.as_ref().map(|key| key.strip_prefix(KEY).unwrap_or(key).to_owned()),
            Self::Held(None) => Some(HELD.to_owned()),
            Self::Held(Some((licence, None))) => Some(format!("{HELD}{licence}")),
            Self::Held(Some((licence, Some(sku)))) => Some(format!("{HELD}{licence}{BEHIND}{sku}")),
            Self::End => None,
        }
    }
}

/// So many Licensing IDs that acts opened are looked at together.
const HELD_AT_ONCE: usize = 16;

/// The rows of all addresses as one list, read piece by piece.
struct Reading<'a> {
    app: &'a App,
    addresses: &'a [Address],
    place: Place,
    /// Whether a product's name was ever corrected: then the names are read beside the rows, which keep what they were made with.
    renamed: bool,
}

impl Reading<'_> {
    fn has_ended(&self) -> bool {
        self.place == Place::End
    }

    /// Where to go on, unless all was read.
    fn rest(&self) -> Option<String> {
        self.place.text()
    }

    /// The next rows, each with its place in the list.
    async fn next(&mut self, most: usize) -> Result<Vec<(String, Summary)>, Error> {
        let mut rows = match self.place.clone() {
            Place::Listed(after) => self.listed(after, most).await?,
            Place::Held(after) => self.held(after).await?,
            Place::End => Vec::new(),
        };
        // Where listings have no more to give, what acts opened follows at once.
        if rows.is_empty() && self.place == Place::Held(None) {
            rows = self.held(None).await?;
        }
        if self.renamed {
            self.name_products(&mut rows).await?;
        }
        Ok(rows)
    }

    /// From one query an address, all side by side. A row that several addresses see is there once.
    async fn listed(&mut self, after: Option<String>, most: usize) -> Result<Vec<(String, Summary)>, Error> {
        let most = i32::try_from(most).unwrap_or(i32::MAX);
        let read = |address| self.app.store.activations_seen_by(address, after.as_deref(), most);
        let mut rows = BTreeMap::new();
        // Beyond the last row of an address that has more to give, another address's rows may have gaps before them.
        let mut sure_until: Option<String> = None;
        let holds = self.addresses.iter().map(|address| self.app.store.held_by(address, None, 1));
        let (listed, holds) = tokio::join!(join_all(self.addresses.iter().map(read)), join_all(holds));
        for pages in listed {
            let (page, more) = pages?;
            if let Some((last, _)) = page.last().filter(|_| more) {
                sure_until = Some(sure_until.map_or_else(|| last.clone(), |sure| sure.min(last.clone())));
            }
            rows.extend(page);
        }
        let mut holds_something = false;
        for held in holds {
            holds_something |= !held?.0.is_empty();
        }
        match sure_until {
            None if holds_something => self.place = Place::Held(None),
            None => self.place = Place::End,
            Some(sure) => {
                rows.retain(|key, _| *key <= sure);
                self.place = Place::Listed(Some(sure));
            }
        }
        let place = |key: String| Place::Listed(Some(key)).text().unwrap_or_default();
        Ok(rows.into_iter().map(|(key, row)| (place(key), row)).collect())
    }

    /// Of the next Licensing IDs on which the addresses hold something by an act: their activations, where that lets the reader see
    /// them and no listing does. Two steps: those Licensing IDs, then who acts there with what there is.
    async fn held(&mut self, after: Option<(Licence, Option<Sku>)>) -> Result<Vec<(String, Summary)>, Error> {
        let store = &self.app.store;
        // Within a Licensing ID it goes on behind a product, so that one is looked at again.
        let (behind, within) = match &after {
            Some((licence, Some(sku))) => (None, Some((licence.clone(), sku.clone()))),
            Some((licence, None)) => (Some(licence.clone()), None),
            None => (None, None),
        };
        let most = i32::try_from(HELD_AT_ONCE).unwrap_or(i32::MAX);
        let start = within.as_ref().map(|(licence, _)| licence);
        let mut licences: BTreeMap<String, Licence> = BTreeMap::new();
        let mut sure_until: Option<String> = None;
        let pages =
            join_all(self.addresses.iter().map(|address| store.held_from(address, start, behind.as_ref(), most)));
        for page in pages.await {
            let (page, more) = page?;
            if let Some(last) = page.last().filter(|_| more) {
                let last = last.licence.key();
                sure_until = Some(match sure_until {
                    Some(sure) => sure.min(last),
                    None => last,
                });
            }
            licences.extend(page.into_iter().map(|held| (held.licence.key(), held.licence)));
        }
        match sure_until {
            None => self.place = Place::End,
            Some(sure) => {
                licences.retain(|key, _| *key <= sure);
                self.place = Place::Held(licences.get(&sure).map(|licence| (licence.clone(), None)));
            }
        }
        let mut batch = Batch::default();
        for licence in licences.values() {
            StandingSlots::of(licence).add_to(&mut batch);
        }
        if licences.is_empty() {
            return Ok(Vec::new());
        }
        let activations = join_all(licences.values().map(|licence| store.activations_shown_of(licence)));
        let (got, activations) = tokio::join!(batch.read(store), activations);
        let (got, now) = (got?, self.app.now());
        let mut rows = Vec::new();
        for (licence, activations) in licences.values().zip(activations) {
            let Some(loaded) = StandingSlots::of(licence).from(&got)? else { continue };
            let listed = viewers(&loaded.contacts());
            let sees = loaded.standing().who_may(self.addresses, Action::SeeActivations, now).is_ok();
            if !sees || self.addresses.iter().any(|address| listed.contains(address)) {
                continue;
            }
            let mut activations = activations?;
            activations.sort_by(|one, other| one.product.cmp(&other.product));
            for activation in activations {
                let seen = within.as_ref().is_some_and(|(of, sku)| of == licence && activation.product <= *sku);
                if !seen {
                    let place = Place::Held(Some((licence.clone(), Some(activation.product.clone()))));
                    rows.push((place.text().unwrap_or_default(), activation.summary()));
                }
            }
        }
        Ok(rows)
    }

    /// Calls the products by their names as they are now: each product is read once.
    async fn name_products(&self, rows: &mut [(String, Summary)]) -> Result<(), Error> {
        let slots: BTreeMap<Sku, _> =
            rows.iter().map(|(_, row)| (row.product.clone(), product(&row.product))).collect();
        let mut batch = Batch::default();
        for slot in slots.values() {
            batch.add(slot);
        }
        let got = batch.read(&self.app.store).await?;
        for (_, row) in rows {
            if let Some(found) = slots.get(&row.product).map(|slot| got.get(slot)).transpose()?.flatten() {
                row.product_name = found.record.name.to_string();
            }
        }
        Ok(())
    }
}
