//! My licences, by listing or by an act, and what was looked for (PERM-01, REG-14).

use std::collections::{BTreeMap, BTreeSet};

use api::{
    Code, Problem,
    me::{Licences, MyLicence},
};
use futures_util::future::join_all;
use gateway::{ApiError, App, Request, Response, Who, answer, request::RequestParts};
use licensing::{
    Address, ContactName, Date, Licence,
    access::{Access, Level},
    judge::Contacts,
};
use store::{Batch, Error, standing::holder};

use crate::{
    file::{Cell, Sheet, asked, csv_head, csv_line, with_next},
    words,
};

/// Rows of a page.
const ROWS: usize = 50;
/// Rows that one query reads where most of them may be left out.
const ROWS_TO_SEARCH: usize = 1000;
/// A search reads so often before it says how far it came: bounded work, and the next page goes on.
const READS: usize = 10;

/// Three steps: who is signed in, a page of what names their addresses, and what they hold there. A search takes more of them,
/// within bounds.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Response, ApiError> {
    let after: Option<Licence> = match request.query("after") {
        None => None,
        Some(after) => Some(after.parse().map_err(|_| Problem::new(Code::BadField).field("after"))?),
    };
    let file = match request.query("format").as_deref() {
        None => false,
        Some("csv") => true,
        Some(_) => return Err(Problem::new(Code::BadField).field("format").into()),
    };
    let text = asked(request);
    let who = Who::of(app, request).await?;
    let looked_for = who.proven();
    let read = async {
        let reading = Reading { app, addresses: &looked_for, after, ended: false };
        let text = text.as_deref();
        if file { csv(reading, request, text).await } else { page(reading, text).await }
    };
    let (read, touched) = tokio::join!(read, who.touch(app));
    touched?;
    Ok(read?)
}

async fn page(mut reading: Reading<'_>, text: Option<&str>) -> Result<Response, Error> {
    let mut licences = Vec::new();
    // One row more than a page tells whether there is a next one.
    let most = if text.is_none() { ROWS + 1 } else { ROWS_TO_SEARCH };
    for _ in 0..READS {
        licences.extend(reading.next(most).await?.into_iter().filter(|mine| text.is_none_or(|text| says(mine, text))));
        if reading.ended || licences.len() > ROWS {
            break;
        }
    }
    let next = if licences.len() > ROWS {
        licences.truncate(ROWS);
        licences.last().map(|last| last.licence.key())
    } else {
        reading.rest()
    };
    Ok(answer::ok(&Licences { licences, looked_for: reading.addresses.to_vec(), next }))
}

/// What names the addresses as one list, in the order of the keys of Licensing IDs, read piece by piece.
struct Reading<'a> {
    app: &'a App,
    addresses: &'a [Address],
    /// The last Licensing ID that was read.
    after: Option<Licence>,
    ended: bool,
}

impl Reading<'_> {
    /// Where to go on, unless all was read.
    fn rest(&self) -> Option<String> {
        self.after.as_ref().filter(|_| !self.ended).map(Licence::key)
    }

    /// The next rows, from two queries an address, all side by side. What names several of the addresses is there once.
    async fn next(&mut self, most: usize) -> Result<Vec<MyLicence>, Error> {
        let most = i32::try_from(most).unwrap_or(i32::MAX);
        let (after, store) = (self.after.as_ref(), &self.app.store);
        let read = |address| async move {
            tokio::join!(store.listings_of(address, after, most), store.held_by(address, after, most))
        };
        let mut rows: BTreeMap<String, Mine> = BTreeMap::new();
        // Beyond the last row of an address that has more to give, another address's rows may have gaps before them.
        let mut sure_until: Option<Licence> = None;
        let mut not_beyond = |last: Option<&Licence>| {
            if let Some(last) = last
                && sure_until.as_ref().is_none_or(|sure| last.key() < sure.key())
            {
                sure_until = Some(last.clone());
            }
        };
        for (address, pages) in self.addresses.iter().zip(join_all(self.addresses.iter().map(read)).await) {
            let ((listings, more_listings), (held, more_held)) = (pages.0?, pages.1?);
            not_beyond(listings.last().filter(|_| more_listings).map(|last| &last.licence));
            not_beyond(held.last().filter(|_| more_held).map(|last| &last.licence));
            for listing in listings {
                let days = (listing.starts, listing.ends);
                let mine = rows
                    .entry(listing.licence.key())
                    .or_insert_with(|| Mine::of(listing.licence, listing.customer_name, days));
                mine.listed.extend(listing.contacts.into_iter().map(|contact| (contact, address.clone())));
                mine.addresses.insert(address.clone());
            }
            for held in held {
                let days = (held.starts, held.ends);
                let mine =
                    rows.entry(held.licence.key()).or_insert_with(|| Mine::of(held.licence, held.customer_name, days));
                mine.addresses.insert(address.clone());
            }
        }
        match sure_until {
            None => self.ended = true,
            Some(sure) => {
                let key = sure.key();
                rows.retain(|other, _| *other <= key);
                self.after = Some(sure);
            }
        }
        self.with_roles(rows.into_values().collect()).await
    }

    /// What the addresses may do there: one read. What was given up, and nothing came of it since, is not there (PERM-02).
    async fn with_roles(&self, rows: Vec<Mine>) -> Result<Vec<MyLicence>, Error> {
        let mut batch = Batch::default();
        for mine in &rows {
            for address in &mine.addresses {
                batch.add(&holder(&mine.licence, address));
            }
        }
        let got = if rows.is_empty() { None } else { Some(batch.read(&self.app.store).await?) };
        let now = self.app.now();
        let mut shown = Vec::new();
        for mut mine in rows {
            let mut access = Access::default();
            mine.listed.sort();
            let contacts: Contacts = mine.listed.iter().cloned().collect();
            for address in &mine.addresses {
                let slot = holder(&mine.licence, address);
                let holder = got.as_ref().map(|got| got.get(&slot)).transpose()?.flatten();
                let level = Level {
                    licence: &mine.licence,
                    starts: mine.days.0,
                    ends: mine.days.1,
                    contacts: &contacts,
                    corrections: None,
                    holder: holder.as_ref().map(|holder| &holder.record),
                };
                access.join(licensing::access::access(&[level], address, now));
                if holder.is_some_and(|holder| holder.record.gave_up.is_some()) {
                    mine.listed.retain(|(_, listed)| listed != address);
                }
            }
            if access.is_empty() && mine.listed.is_empty() {
                continue;
            }
            shown.push(MyLicence {
                licence: mine.licence,
                customer_name: mine.customer_name,
                roles: access.roles().collect(),
                listed: mine.listed,
                starts: mine.days.0.to_string(),
                ends: mine.days.1.to_string(),
            });
        }
        Ok(shown)
    }
}

/// A Licensing ID that names some of the addresses, or on which they hold something.
struct Mine {
    licence: Licence,
    customer_name: String,
    days: (Date, Date),
    listed: Vec<(ContactName, Address)>,
    addresses: BTreeSet<Address>,
}

impl Mine {
    const fn of(licence: Licence, customer_name: String, days: (Date, Date)) -> Self {
        Self { licence, customer_name, days, listed: Vec::new(), addresses: BTreeSet::new() }
    }
}

fn says(mine: &MyLicence, text: &str) -> bool {
    let key = mine.licence.key();
    let listed = mine.listed.iter().map(|(_, address)| address.as_str());
    [key.as_str(), &mine.customer_name].into_iter().chain(listed).any(|place| place.to_lowercase().contains(text))
}

/// The columns of the file.
const HEAD: [&str; 10] = [
    "programme",
    "programme_name",
    "number",
    "customer_name",
    "roles",
    "role_names",
    "listed",
    "listed_names",
    "starts",
    "ends",
];

async fn csv(mut reading: Reading<'_>, request: &Request, text: Option<&str>) -> Result<Response, Error> {
    let first = reading.after.is_none();
    let mut file = Sheet::default();
    // A part goes on where the one before it ended.
    if first {
        file.push(&csv_head(&HEAD));
    }
    'rows: while !reading.ended && !file.is_nearly_full() {
        let mut before = reading.after.clone();
        for mine in reading.next(ROWS_TO_SEARCH).await?.iter().filter(|mine| text.is_none_or(|text| says(mine, text))) {
            if !file.push(&line(mine)) {
                (reading.after, reading.ended) = (before, false);
                break 'rows;
            }
            before = Some(mine.licence.clone());
        }
    }
    let next = reading.rest();
    let name = if first && next.is_none() { "licences.csv" } else { "licences-part.csv" };
    Ok(with_next(answer::file("text/csv; charset=utf-8", name, file.text), request, next.as_deref()))
}

fn line(mine: &MyLicence) -> String {
    let roles: Vec<&str> = mine.roles.iter().map(|role| role.as_str()).collect();
    let role_names: Vec<&str> = mine.roles.iter().map(|role| words::role(*role)).collect();
    let listed: Vec<String> =
        mine.listed.iter().map(|(contact, address)| format!("{contact}={}", address.as_str())).collect();
    let listed_names: Vec<String> = mine
        .listed
        .iter()
        .map(|(contact, address)| format!("{}: {}", words::contact(*contact), address.as_str()))
        .collect();
    csv_line(&[
        Cell::Text(mine.licence.programme.as_str()),
        Cell::Text(words::programme(mine.licence.programme)),
        Cell::Text(mine.licence.number.as_str()),
        Cell::Text(&mine.customer_name),
        Cell::Text(&roles.join("; ")),
        Cell::Text(&role_names.join("; ")),
        Cell::Text(&listed.join("; ")),
        Cell::Text(&listed_names.join("; ")),
        Cell::Plain(mine.starts.clone()),
        Cell::Plain(mine.ends.clone()),
    ])
}
