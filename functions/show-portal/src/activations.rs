//! Manage activations: those of all Licensing IDs on which the reader is Administrator or Online Services Manager, by listing, by an
//! act or from above (LINK-05), in the order of the list of licences.

use std::collections::BTreeMap;

use api::{Code, Page, Problem, activations::Phase};
use gateway::{ApiError, App, Request, Response, answer, request::RequestParts, session::WhoSlots};
use licensing::{Sku, Timestamp, access::Action, activation::Summary};
use store::{
    Batch, Error,
    licences::{self, product},
};

use crate::{
    file::{Cell, Sheet, asked, csv_head, csv_line, with_next},
    shown,
    walk::{Place, Walk},
    words,
};

/// Rows of a page.
const ROWS: usize = 50;
/// So many Licensing IDs are looked at together.
const LICENCES: usize = 16;
/// So many where most of their activations may be left out.
const LICENCES_TO_SEARCH: usize = 64;
/// A search reads so often before it says how far it came: bounded work, and the next page goes on.
const READS: usize = 20;

/// Answers a page, or all as a file.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Response, ApiError> {
    let wanted = Wanted::of(request)?;
    let after = request.query("after");
    let place = walked(after.as_deref()).ok_or_else(|| {
        let detail = "Pass what the page before names as `next`, or leave it out for the first page.";
        Problem::new(Code::BadField).field("after").detail(detail)
    })?;
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
        let walk = Walk::with_activations(app, &addresses, place);
        let reading = Reading::new(app, walk, after.as_deref(), renamed);
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
    for read in 0..READS {
        // Nearly always a page of them has enough; where most Licensing IDs have nothing, larger pieces follow.
        let most = if read == 0 && wanted.everything() { LICENCES } else { LICENCES_TO_SEARCH };
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
    let first = request.query("after").is_none();
    let mut file = Sheet::default();
    // A part goes on where the one before it ended.
    if first {
        file.push(&csv_head(&HEAD));
    }
    let (mut next, mut last) = (None, request.query("after"));
    'rows: while !reading.has_ended() {
        for (key, row) in reading.next(LICENCES_TO_SEARCH).await?.iter().filter(|(_, row)| wanted.fits(row, now)) {
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
                next = last;
                break 'rows;
            }
            last = Some(key.clone());
        }
        last = reading.rest();
        if file.is_nearly_full() {
            next = last;
            break;
        }
    }
    let name = if first && next.is_none() { "activations.csv" } else { "activations-part.csv" };
    Ok(with_next(answer::file("text/csv; charset=utf-8", name, file.text), request, next.as_deref()))
}

/// Stands between a Licensing ID and a product, in a place as a page names it.
const PRODUCT: char = '\u{2}';

/// The place of the walk, of what a page names as its `next`.
fn walked(after: Option<&str>) -> Option<Place> {
    Place::of(after.map(|after| after.split_once(PRODUCT).map_or(after, |(place, _)| place)))
}

/// The activations of all that the reader manages, read piece by piece.
struct Reading<'a> {
    app: &'a App,
    walk: Walk<'a>,
    /// Behind this product, on the Licensing ID with which it goes on.
    behind: Option<Sku>,
    /// Whether a product's name was ever corrected: then the names are read beside the rows, which keep what they were made with.
    renamed: bool,
}

impl<'a> Reading<'a> {
    fn new(app: &'a App, walk: Walk<'a>, after: Option<&str>, renamed: bool) -> Self {
        let behind = after.and_then(|after| after.split_once(PRODUCT)?.1.parse().ok());
        Self { app, walk, behind, renamed }
    }

    fn has_ended(&self) -> bool {
        self.walk.has_ended()
    }

    /// Where to go on, unless all was read.
    fn rest(&self) -> Option<String> {
        self.walk.rest()
    }

    /// The rows of the next Licensing IDs, each with its place in the list.
    async fn next(&mut self, most: usize) -> Result<Vec<(String, Summary)>, Error> {
        let again = self.walk.at().cloned();
        let behind = self.behind.take();
        let mut rows = Vec::new();
        for found in self.walk.next(most).await? {
            if found.access.allows(Action::SeeActivations).is_err() {
                continue;
            }
            let place = Place::At(found.path.clone()).text().unwrap_or_default();
            let behind = behind.as_ref().filter(|_| again.as_ref() == Some(found.licence()));
            let mut activations = found.activations;
            activations.sort_by(|one, other| one.product.cmp(&other.product));
            for activation in activations.iter().filter(|it| behind.is_none_or(|behind| it.product > *behind)) {
                rows.push((format!("{place}{PRODUCT}{}", activation.product), activation.summary()));
            }
        }
        if self.renamed {
            self.name_products(&mut rows).await?;
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
