//! My licences, and what was looked for (REG-14).

use std::collections::BTreeMap;

use api::me::{Licences, MyLicence};
use futures_util::future::join_all;
use gateway::{App, Oops, Request, Response, Who, answer};
use licensing::{Licence, judge::Contacts, rights::Rights};

/// Two steps: who is signed in, then what names one of their addresses.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Response, Oops> {
    let who = Who::of(app, request).await?;
    let looked_for = who.proven();
    let listings = join_all(looked_for.iter().map(|address| app.store.listings_of(address)));
    let (listings, touched) = tokio::join!(listings, who.touch(app));
    touched?;

    let mut licences: BTreeMap<(_, String), MyLicence> = BTreeMap::new();
    for (address, listings) in looked_for.iter().zip(listings) {
        for listing in listings? {
            let mine = licences.entry(order_of(&listing.licence)).or_insert_with(|| MyLicence {
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
    for mine in licences.values_mut() {
        mine.listed.sort();
        let contacts: Contacts = mine.listed.iter().cloned().collect();
        mine.roles = Rights::of(&contacts, &looked_for).roles().collect();
    }
    Ok(answer::ok(&Licences { licences: licences.into_values().collect(), looked_for }))
}

/// By programme, then by number.
fn order_of(licence: &Licence) -> (licensing::Programme, String) {
    (licence.programme, licence.number.to_string())
}
