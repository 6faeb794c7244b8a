//! My licences, and what was looked for (REG-14).

use std::collections::BTreeMap;

use api::{
    Code, Problem,
    me::{Licences, MyLicence},
};
use futures_util::future::join_all;
use gateway::{ApiError, App, Request, Response, Who, answer, request::RequestParts};
use licensing::{Address, Licence, judge::Contacts, rights::Rights};
use store::Error;

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

/// Two steps: who is signed in, then a page of what names their addresses. A search takes more of them, within bounds.
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

    /// The next rows, from one query an address, all side by side. What names several of the addresses is there once.
    async fn next(&mut self, most: usize) -> Result<Vec<MyLicence>, Error> {
        let most = i32::try_from(most).unwrap_or(i32::MAX);
        let after = self.after.as_ref();
        let read = |address| self.app.store.listings_of(address, after, most);
        let mut rows: BTreeMap<String, MyLicence> = BTreeMap::new();
        // Beyond the last row of an address that has more to give, another address's rows may have gaps before them.
        let mut sure_until: Option<Licence> = None;
        for (address, page) in self.addresses.iter().zip(join_all(self.addresses.iter().map(read)).await) {
            let (page, more) = page?;
            if let Some(last) = page.last().filter(|_| more)
                && sure_until.as_ref().is_none_or(|sure| last.licence.key() < sure.key())
            {
                sure_until = Some(last.licence.clone());
            }
            for listing in page {
                let mine = rows.entry(listing.licence.key()).or_insert_with(|| MyLicence {
                    licence: listing.licence,
                    customer_name: listing.customer_name,
                    roles: Vec::new(),
                    listed: Vec::new(),
                    starts: listing.starts.to_string(),
                    ends: listing.ends.to_string(),
                });
                mine.listed.extend(listing.contacts.into_iter().map(|contact| (contact, address.clone())));
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
        let with_roles = |mut mine: MyLicence| {
            mine.listed.sort();
            let contacts: Contacts = mine.listed.iter().cloned().collect();
            mine.roles = Rights::of(&contacts, self.addresses).roles().collect();
            mine
        };
        Ok(rows.into_values().map(with_roles).collect())
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
