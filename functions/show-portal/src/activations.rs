//! Manage activations: what the reader's addresses see, once each, in the order of Licensing ID and product (LINK-05).

use std::collections::BTreeMap;

use api::{Code, Page, Problem, activations::Phase};
use futures_util::future::join_all;
use gateway::{ApiError, App, Request, Response, answer, request::RequestParts, session::WhoSlots};
use licensing::{Address, Sku, Timestamp, activation::Summary};
use store::{
    Batch, Error,
    licences::{self, product},
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
    let after = after.map(|after| format!("{KEY}{after}"));
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
        let reading = Reading { app, addresses: &addresses, after, ended: false, renamed };
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
        if reading.ended || rows.len() > ROWS {
            break;
        }
    }
    let next = if rows.len() > ROWS {
        rows.truncate(ROWS);
        rows.last().map(|(key, _)| place(key))
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
    let first = reading.after.is_none();
    let mut file = Sheet::default();
    // A part goes on where the one before it ended.
    if first {
        file.push(&csv_head(&HEAD));
    }
    'rows: while !reading.ended && !file.is_nearly_full() {
        let mut before = reading.after.clone();
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
                (reading.after, reading.ended) = (before, false);
                break 'rows;
            }
            before = Some(key.clone());
        }
    }
    let next = reading.rest();
    let name = if first && next.is_none() { "activations.csv" } else { "activations-part.csv" };
    Ok(with_next(answer::file("text/csv; charset=utf-8", name, file.text), request, next.as_deref()))
}

/// A row's place in the list, as the next page is asked for.
fn place(key: &str) -> String {
    key.strip_prefix(KEY).unwrap_or(key).to_owned()
}

/// The rows of all addresses as one list, read piece by piece.
struct Reading<'a> {
    app: &'a App,
    addresses: &'a [Address],
    /// The key of the last row that was read.
    after: Option<String>,
    ended: bool,
    /// Whether a product's name was ever corrected: then the names are read beside the rows, which keep what they were made with.
    renamed: bool,
}

impl Reading<'_> {
    /// Where to go on, unless all was read.
    fn rest(&self) -> Option<String> {
        self.after.as_deref().filter(|_| !self.ended).map(place)
    }

    /// The next rows, from one query an address, all side by side. A row that several addresses see is there once.
    async fn next(&mut self, most: usize) -> Result<Vec<(String, Summary)>, Error> {
        let most = i32::try_from(most).unwrap_or(i32::MAX);
        let after = self.after.as_deref();
        let read = |address| self.app.store.activations_seen_by(address, after, most);
        let mut rows = BTreeMap::new();
        // Beyond the last row of an address that has more to give, another address's rows may have gaps before them.
        let mut sure_until: Option<String> = None;
        for pages in join_all(self.addresses.iter().map(read)).await {
            let (page, more) = pages?;
            if let Some((last, _)) = page.last().filter(|_| more) {
                sure_until = Some(sure_until.map_or_else(|| last.clone(), |sure| sure.min(last.clone())));
            }
            rows.extend(page);
        }
        match sure_until {
            None => self.ended = true,
            Some(sure) => {
                rows.retain(|key, _| *key <= sure);
                self.after = Some(sure);
            }
        }
        if self.renamed {
            self.name_products(&mut rows).await?;
        }
        Ok(rows.into_iter().collect())
    }

    /// Calls the products by their names as they are now: each product is read once.
    async fn name_products(&self, rows: &mut BTreeMap<String, Summary>) -> Result<(), Error> {
        let slots: BTreeMap<Sku, _> = rows.values().map(|row| (row.product.clone(), product(&row.product))).collect();
        let mut batch = Batch::default();
        for slot in slots.values() {
            batch.add(slot);
        }
        let got = batch.read(&self.app.store).await?;
        for row in rows.values_mut() {
            if let Some(found) = slots.get(&row.product).map(|slot| got.get(slot)).transpose()?.flatten() {
                row.product_name = found.record.name.to_string();
            }
        }
        Ok(())
    }
}
