//! My licences, and what was looked for (REG-14).

use std::collections::BTreeMap;

use api::{
    Code, Problem,
    me::{Licences, MyLicence},
};
use futures_util::future::join_all;
use gateway::{App, Oops, Request, Response, Who, answer, request::Ask};
use licensing::{Licence, judge::Contacts, rights::Rights};

use crate::{
    file::{Cell, Sheet, asked, csv_head, csv_line, with_next},
    words,
};

/// Rows of a page.
const ROWS: usize = 50;

/// Two steps: who is signed in, then what names one of their addresses. A page of it, or all as a file.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Response, Oops> {
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
    let listings = join_all(looked_for.iter().map(|address| app.store.listings_of(address)));
    let (listings, touched) = tokio::join!(listings, who.touch(app));
    touched?;

    let mut licences: BTreeMap<Licence, MyLicence> = BTreeMap::new();
    for (address, listings) in looked_for.iter().zip(listings) {
        for listing in listings? {
            let mine = licences.entry(listing.licence).or_insert_with_key(|licence| MyLicence {
                licence: licence.clone(),
                customer_name: listing.customer_name,
                roles: Vec::new(),
                listed: Vec::new(),
                starts: listing.starts.to_string(),
                ends: listing.ends.to_string(),
            });
            mine.listed.extend(listing.contacts.into_iter().map(|contact| (contact, address.clone())));
        }
    }
    let wanted = licences
        .into_iter()
        .filter(|(licence, _)| after.as_ref().is_none_or(|after| licence > after))
        .map(|(_, mine)| mine)
        .filter(|mine| text.as_deref().is_none_or(|text| says(mine, text)))
        .map(|mut mine| {
            mine.listed.sort();
            let contacts: Contacts = mine.listed.iter().cloned().collect();
            mine.roles = Rights::of(&contacts, &looked_for).roles().collect();
            mine
        });
    if file {
        return Ok(csv(wanted, request, after.is_none()));
    }
    let mut page: Vec<MyLicence> = wanted.take(ROWS + 1).collect();
    let more = page.len() > ROWS;
    page.truncate(ROWS);
    let next = page.last().filter(|_| more).map(|last| last.licence.key());
    Ok(answer::ok(&Licences { licences: page, looked_for, next }))
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

fn csv(licences: impl Iterator<Item = MyLicence>, request: &Request, first: bool) -> Response {
    let mut file = Sheet::default();
    // A part goes on where the one before it ended.
    if first {
        file.push(&csv_head(&HEAD));
    }
    let mut last = None;
    let mut next = None;
    for mine in licences {
        let roles: Vec<&str> = mine.roles.iter().map(|role| role.as_str()).collect();
        let role_names: Vec<&str> = mine.roles.iter().map(|role| words::role(*role)).collect();
        let listed: Vec<String> =
            mine.listed.iter().map(|(contact, address)| format!("{contact}={}", address.as_str())).collect();
        let listed_names: Vec<String> = mine
            .listed
            .iter()
            .map(|(contact, address)| format!("{}: {}", words::contact(*contact), address.as_str()))
            .collect();
        let line = csv_line(&[
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
        ]);
        if !file.push(&line) {
            next = last;
            break;
        }
        last = Some(mine.licence.key());
    }
    let name = if first && next.is_none() { "licences.csv" } else { "licences-part.csv" };
    with_next(answer::file("text/csv; charset=utf-8", name, file.text), request, next.as_deref())
}
