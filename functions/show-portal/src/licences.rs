//! My licences, by listing, by an act or from above, and what was looked for (PERM-01, LIC-03, REG-14).

use std::collections::{BTreeSet, HashMap};

use api::{
    Code, Problem,
    me::{ConfirmAgain, Licences, MyLicence, NotCounted},
};
use gateway::{ApiError, App, Request, Response, Who, answer, request::RequestParts};
use licensing::{Address, Date, Licence, Programme, Sku, proven::Proven, running::Running, when::day_of};
use store::{
    Batch, Error,
    licences::{agreement, product},
    standing::{Loaded, holder},
};

use crate::{
    file::{Cell, Sheet, asked, csv_head, csv_line, with_next},
    refusal::as_if_loaded,
    walk::{Below, Found, Place, Walk},
    words,
};

/// Rows of a page.
const ROWS: usize = 50;
/// Licensing IDs that are looked at together where most of them may be left out.
const ROWS_TO_SEARCH: usize = 200;
/// A search reads so often before it says how far it came: bounded work, and the next page goes on.
const READS: usize = 10;

/// Three steps: who is signed in, a page of what names their addresses, and what they may do there; one more for each level of
/// agreements above or below. A search takes more of them, within bounds: one for what products are called.
pub(crate) async fn list(app: &App, request: &Request) -> Result<Response, ApiError> {
    let place = Place::of(request.query("after").as_deref()).ok_or_else(|| {
        let detail = "Pass what the page before names as `next`, or leave it out for the first page.";
        Problem::new(Code::BadField).field("after").detail(detail)
    })?;
    let file = match request.query("format").as_deref() {
        None => false,
        Some("csv") => true,
        Some(_) => return Err(Problem::new(Code::BadField).field("format").into()),
    };
    let wanted = Wanted::of(request)?;
    let below: Option<Licence> = match request.query("below") {
        None => None,
        Some(below) => Some(below.parse().map_err(|_| Problem::new(Code::BadField).field("below"))?),
    };
    // Judged before anything is looked up, so that it says nothing of what is there.
    let below = match (below, &place) {
        (None, _) => None,
        (Some(below), Place::Start | Place::End) => Some((below, None)),
        (Some(below), Place::Behind(after)) => Some((below, Some(after.clone()))),
        (Some(_), Place::Within(_) | Place::At(_)) => return Err(Problem::new(Code::BadField).field("after").into()),
    };
    let who = Who::of(app, request).await?;
    let addresses = who.proven();
    let read = async {
        // Who looks for nothing in particular does not wait for products.
        let with_products = file || wanted.text.is_some();
        let walk = match below {
            None => Rows::All(Walk::new(app, &addresses, place).with_products(with_products)),
            Some((below, after)) => match app.store.standing_of(&below).await.map_err(ApiError::from)? {
                Some(of) if has_something(app, &of, &addresses).await? => {
                    Rows::Below(Below::new(app, &addresses, of, after).with_products(with_products))
                }
                // Who has nothing there gets what they would get if it were not loaded, after as many steps and calls.
                of => {
                    if of.is_none() {
                        as_if_loaded(app, &below, &addresses).await?;
                    }
                    app.store.as_if_all_above(&below, of.as_ref()).await?;
                    Rows::None
                }
            },
        };
        let read = if file { csv(walk, request, &wanted, app).await } else { page(walk, &wanted, app, &who).await };
        read.map_err(ApiError::from)
    };
    let (read, touched) = tokio::join!(read, who.touch(app));
    touched?;
    read
}

/// Whether a person has something to do with an agreement: it names them, or gives them a role, from here or from above.
async fn has_something(app: &App, of: &Loaded, addresses: &[Address]) -> Result<bool, Error> {
    let named = of.agreement().contacts().values().any(|named| addresses.contains(named));
    if named || !of.standing().of_all(addresses, app.now()).is_empty() {
        return Ok(true);
    }
    let licence = &of.agreement().licence;
    let mut batch = Batch::default().with(&agreement(licence));
    for address in addresses {
        batch.add(&holder(licence, address));
    }
    let got = batch.read(&app.store).await?;
    for address in addresses {
        if got.get_understood(&holder(licence, address))?.is_some_and(|holder| holder.record.gives_something()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Where rows come from.
enum Rows<'a> {
    /// All that has to do with the reader.
    All(Walk<'a>),
    /// What stands directly below one agreement.
    Below(Below<'a>),
    /// Nothing stands below what is not loaded.
    None,
}

impl Rows<'_> {
    async fn next(&mut self, most: usize) -> Result<Vec<Found>, Error> {
        match self {
            Self::All(walk) => walk.next(most).await,
            Self::Below(below) => below.next(most).await,
            Self::None => Ok(Vec::new()),
        }
    }

    fn has_ended(&self) -> bool {
        match self {
            Self::All(walk) => walk.has_ended(),
            Self::Below(below) => below.has_ended(),
            Self::None => true,
        }
    }

    fn rest(&self) -> Option<String> {
        match self {
            Self::All(walk) => walk.rest(),
            Self::Below(below) => below.rest(),
            Self::None => None,
        }
    }

    /// The place behind a row.
    fn behind(&self, found: &Found) -> Place {
        match self {
            Self::All(_) => Place::Within(found.path.clone()),
            Self::Below(_) | Self::None => Place::Behind(found.licence().clone()),
        }
    }
}

/// What the reader looks for.
struct Wanted {
    text: Option<String>,
    programme: Option<Programme>,
    state: Option<Running>,
}

impl Wanted {
    fn of(request: &Request) -> Result<Self, ApiError> {
        let programme = match request.query("programme") {
            None => None,
            Some(name) => Some(name.parse().map_err(|_| {
                let names =
                    Programme::ALL.iter().map(|programme| format!("`{programme}`")).collect::<Vec<_>>().join(", ");
                let detail = format!("Ask for one of {names}, or for no programme.");
                Problem::new(Code::BadField).field("programme").detail(detail)
            })?),
        };
        let state = match request.query("state") {
            None => None,
            Some(name) => {
                let known = Running::ALL.into_iter().find(|state| state.as_str() == name);
                Some(known.ok_or_else(|| {
                    let names = Running::ALL.map(|state| format!("`{}`", state.as_str())).join(", ");
                    let detail = format!("Ask for one of {names}, or for no state.");
                    Problem::new(Code::BadField).field("state").detail(detail)
                })?)
            }
        };
        Ok(Self { text: asked(request), programme, state })
    }

    const fn everything(&self) -> bool {
        self.text.is_none() && self.programme.is_none() && self.state.is_none()
    }

    fn fits(&self, mine: &MyLicence) -> bool {
        // Who asks for what runs means what ends soon as well.
        let runs = |state: Running| state == mine.state || state == Running::Active && mine.state == Running::Ending;
        self.programme.is_none_or(|programme| programme == mine.licence.programme)
            && self.state.is_none_or(runs)
            && self.text.as_deref().is_none_or(|text| says(mine, text))
    }
}

async fn page(mut walk: Rows<'_>, wanted: &Wanted, app: &App, who: &Who) -> Result<Response, Error> {
    let (mut found, mut names) = (Vec::new(), Names::default());
    // One row more than a page tells whether there is a next one.
    let most = if wanted.everything() { ROWS + 1 } else { ROWS_TO_SEARCH };
    for _ in 0..READS {
        let rows = walk.next(most).await?;
        names.learn(app, &rows).await?;
        found.extend(shown_of(&walk, &rows, wanted, &names, app).map(|(place, mine, _)| (place, mine)));
        if walk.has_ended() || found.len() > ROWS {
            break;
        }
    }
    let next = if found.len() > ROWS {
        found.truncate(ROWS);
        found.last().and_then(|(place, _)| place.text())
    } else {
        walk.rest()
    };
    let licences = found.into_iter().map(|(_, mine)| mine).collect();
    Ok(answer::ok(&Licences { licences, looked_for: who.proven(), not_looked_for: not_counted(app, who), next }))
}

/// The person's addresses that count for nothing until they are confirmed again: what hangs on them is missing from the list, and
/// the page says so (REG-14).
fn not_counted(app: &App, who: &Who) -> Vec<NotCounted> {
    let all = who.profile.addresses.iter();
    let why = |proven: &Proven| ConfirmAgain::of(proven.force(app.now(), &app.policy.addresses));
    all.filter_map(|proven| Some(NotCounted { address: proven.address.clone(), why: why(proven)? })).collect()
}

/// Those that give the reader something or name them and are looked for, each with its place in the list.
fn shown_of<'f>(
    walk: &'f Rows<'_>,
    found: &'f [Found],
    wanted: &'f Wanted,
    names: &'f Names,
    app: &App,
) -> impl Iterator<Item = (Place, MyLicence, &'f Found)> {
    let today = day_of(app.now());
    let rows = found.iter().filter(|found| !found.access.is_empty() || !found.listed.is_empty());
    rows.filter_map(move |found| {
        let mut mine = shown(found, today);
        if let Some(text) = &wanted.text {
            let products = names.of(found).filter(|(key, name)| has(key, text) || has(name, text));
            mine.products = products.map(|(_, name)| name.to_owned()).collect();
        }
        wanted.fits(&mine).then(|| (walk.behind(found), mine, found))
    })
}

/// What products are called.
#[derive(Default)]
struct Names(HashMap<Sku, String>);

impl Names {
    /// Reads those of the products that were not read before: no call where there are none, else one for a hundred.
    async fn learn(&mut self, app: &App, found: &[Found]) -> Result<(), Error> {
        let skus: BTreeSet<&Sku> = found.iter().flat_map(|found| &found.products).collect();
        let new: Vec<(&Sku, _)> =
            skus.into_iter().filter(|sku| !self.0.contains_key(*sku)).map(|sku| (sku, product(sku))).collect();
        let mut batch = Batch::default();
        for (_, slot) in &new {
            batch.add(slot);
        }
        let got = batch.read(&app.store).await?;
        for (sku, slot) in new {
            let name = got.get_understood(&slot)?.map(|product| product.record.name.to_string());
            self.0.insert(sku.clone(), name.unwrap_or_else(|| sku.to_string()));
        }
        Ok(())
    }

    /// The products of a Licensing ID, each with its key and name.
    fn of<'f>(&'f self, found: &'f Found) -> impl Iterator<Item = (&'f str, &'f str)> {
        found.products.iter().filter_map(|sku| Some((sku.as_str(), self.0.get(sku)?.as_str())))
    }
}

/// A licence as lists show it.
pub(crate) fn shown(found: &Found, today: Date) -> MyLicence {
    let agreement = found.loaded.agreement();
    let mut sources: Vec<String> = Vec::new();
    for (_, given) in found.access.sources() {
        let source = given.source.to_string();
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    MyLicence {
        licence: agreement.licence.clone(),
        customer_name: found.customer_name.clone(),
        roles: found.access.roles().collect(),
        sources,
        products: Vec::new(),
        listed: found.listed.clone(),
        starts: agreement.starts.to_string(),
        ends: agreement.ends.to_string(),
        state: Running::of(agreement.starts, agreement.ends, today),
        above: found.loaded.levels.iter().filter_map(|level| level.agreement.record.parent.clone()).collect(),
        depth: u8::try_from(found.path.len() - 1).unwrap_or(u8::MAX),
    }
}

fn says(mine: &MyLicence, text: &str) -> bool {
    let key = mine.licence.key();
    let listed = mine.listed.iter().map(|(_, address)| address.as_str());
    // What it has of products are those that fit.
    !mine.products.is_empty()
        || [key.as_str(), &mine.customer_name].into_iter().chain(listed).any(|place| has(place, text))
}

/// Whether a text, in lower case, is part of this one.
fn has(place: &str, text: &str) -> bool {
    place.to_lowercase().contains(text)
}

/// The columns of the file.
const HEAD: [&str; 16] = [
    "programme",
    "programme_name",
    "number",
    "customer_name",
    "roles",
    "role_names",
    "sources",
    "listed",
    "listed_names",
    "parent",
    "starts",
    "ends",
    "state",
    "state_name",
    "products",
    "product_names",
];

async fn csv(mut walk: Rows<'_>, request: &Request, wanted: &Wanted, app: &App) -> Result<Response, Error> {
    let first = request.query("after").is_none();
    let mut file = Sheet::default();
    // A part goes on where the one before it ended.
    if first {
        file.push(&csv_head(&HEAD));
    }
    let (mut next, mut last, mut names) = (None, request.query("after"), Names::default());
    'rows: while !walk.has_ended() {
        let rows = walk.next(ROWS_TO_SEARCH).await?;
        names.learn(app, &rows).await?;
        for (place, mine, found) in shown_of(&walk, &rows, wanted, &names, app) {
            let products: (Vec<&str>, Vec<&str>) = names.of(found).unzip();
            if !file.push(&line(&mine, &products)) {
                next = last;
                break 'rows;
            }
            last = place.text();
        }
        last = walk.rest();
        if file.is_nearly_full() {
            next = last;
            break;
        }
    }
    let name = if first && next.is_none() { "licences.csv" } else { "licences-part.csv" };
    Ok(with_next(answer::file("text/csv; charset=utf-8", name, file.text), request, next.as_deref()))
}

fn line(mine: &MyLicence, (products, product_names): &(Vec<&str>, Vec<&str>)) -> String {
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
        Cell::Text(&mine.sources.join("; ")),
        Cell::Text(&listed.join("; ")),
        Cell::Text(&listed_names.join("; ")),
        Cell::Text(&mine.above.first().map(Licence::key).unwrap_or_default()),
        Cell::Plain(mine.starts.clone()),
        Cell::Plain(mine.ends.clone()),
        Cell::Text(mine.state.as_str()),
        Cell::Text(words::running(mine.state)),
        Cell::Text(&products.join("; ")),
        Cell::Text(&product_names.join("; ")),
    ])
}
