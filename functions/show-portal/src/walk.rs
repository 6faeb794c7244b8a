//! The Licensing IDs with which a person has something to do, one after the other: those that name their addresses or on which they
//! hold something by an act, in the order of their keys; and behind each of them what stands below it, where the person inherits
//! there (ROLE-04). Lists are pages of this walk, so that all of them show the same.
//!
//! What stands below is found through the nearest agreement above on which the person has something of their own, so nothing is
//! there twice. Rows of lists are keys; what counts is read beside them and evaluated.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::future::{join, join_all, try_join_all};
use gateway::App;
use licensing::{
    Address, ContactName, Licence, Programme, Sku, Timestamp,
    access::{Access, Action, Holder},
    activation::Activation,
    audit::licence_chain,
    judge::Contacts,
    roles::{Role, role_of_contact},
};
use store::{
    Batch, BatchResult, Error,
    audit::{StoredHead, head},
    bought::bought,
    licences::{self, Start, Versioned},
    standing::{Loaded, LoadedLevel, StandingSlots, holder},
};

/// No agreement stands higher than two others.
const MOST_LEVELS: usize = 3;

/// So many agreements are asked at once what stands below them. Of more, it is read first whether anything does: a query for
/// each, nearly always for nothing, would be most of what a page costs.
const ASKED_AT_ONCE: usize = 16;

/// Between the Licensing IDs of a path, in a place as a page names it.
const BELOW: char = '\u{1}';
/// Before a path whose last Licensing ID was shown, while what stands below it was not.
const WITHIN: &str = "~";
/// Before a path whose last Licensing ID is to be shown again.
const AT: &str = "=";

/// How far a walk came. A path leads from a Licensing ID of the person's own down to one that stands below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// It has not begun.
    Start,
    /// Behind this one and all that stands below it.
    Behind(Licence),
    /// Behind the last of this path, before what stands below that.
    Within(Vec<Licence>),
    /// At the last of this path.
    At(Vec<Licence>),
    /// All was seen.
    End,
}

impl Place {
    /// Of what a page names as its `next`; none where it is none of ours.
    pub(crate) fn of(text: Option<&str>) -> Option<Self> {
        let path = |text: &str| -> Option<Vec<Licence>> {
            let path: Vec<Licence> = text.split(BELOW).map(str::parse).collect::<Result<_, _>>().ok()?;
            (path.len() <= MOST_LEVELS).then_some(path)
        };
        let Some(text) = text else { return Some(Self::Start) };
        match (text.strip_prefix(WITHIN), text.strip_prefix(AT)) {
            (Some(within), _) => path(within).map(Self::Within),
            (None, Some(at)) => path(at).map(Self::At),
            (None, None) => text.parse().ok().map(Self::Behind),
        }
    }

    /// As a page names it; none where there is nothing to name.
    pub(crate) fn text(&self) -> Option<String> {
        let path = |before: &str, path: &[Licence]| {
            let keys: Vec<String> = path.iter().map(Licence::key).collect();
            [before, &keys.join(&BELOW.to_string())].concat()
        };
        match self {
            Self::Start | Self::End => None,
            Self::Behind(licence) => Some(licence.key()),
            Self::Within(licences) => Some(path(WITHIN, licences)),
            Self::At(licences) => Some(path(AT, licences)),
        }
    }

    fn path(&self) -> &[Licence] {
        match self {
            Self::Within(path) | Self::At(path) => path,
            Self::Start | Self::Behind(_) | Self::End => &[],
        }
    }
}

/// A Licensing ID of a walk.
pub(crate) struct Found {
    /// From the person's own Licensing ID down to this one.
    pub(crate) path: Vec<Licence>,
    /// It, and what stands above.
    pub(crate) loaded: Loaded,
    /// What the person's addresses may do there together.
    pub(crate) access: Access,
    /// As what it names them, as far as they did not give it up.
    pub(crate) listed: Vec<(ContactName, Address)>,
    /// Its customer's name, as lists keep it.
    pub(crate) customer_name: String,
    /// Its activations, where the walk reads them.
    pub(crate) activations: Vec<Activation>,
    /// The head of its audit chain with its glance, where the walk reads them.
    pub(crate) head: Option<StoredHead>,
    /// The products that were ordered under it, where the walk reads them and the person may see orders or activations.
    pub(crate) products: BTreeSet<Sku>,
}

impl Found {
    pub(crate) fn licence(&self) -> &Licence {
        self.path.last().unwrap_or_else(|| unreachable!("a path has an end"))
    }
}

/// A walk, from some place on.
pub(crate) struct Walk<'a> {
    app: &'a App,
    addresses: &'a [Address],
    place: Place,
    with_activations: bool,
    with_glances: bool,
    with_products: bool,
}

/// A Licensing ID of the person's own, as lists keep it.
#[derive(Debug, Clone)]
struct Own {
    licence: Licence,
    customer_name: String,
    /// What stood above it when the row was written.
    parent: Option<Licence>,
    /// Whether the person may be more than one of its managers, so that something below may be theirs.
    may_inherit: bool,
}

/// What was read in one round.
#[derive(Default)]
struct Read {
    levels: HashMap<Licence, LoadedLevel>,
    got: Vec<BatchResult>,
    activations: HashMap<Licence, Vec<Activation>>,
}

/// What stands below agreements, each with whether there is more.
type Children = HashMap<Licence, (Vec<licences::Below>, bool)>;

/// One step of it.
type Step = (Vec<LoadedLevel>, Vec<BatchResult>, Vec<(Licence, Vec<Activation>)>);

impl<'a> Walk<'a> {
    pub(crate) const fn new(app: &'a App, addresses: &'a [Address], place: Place) -> Self {
        Self { app, addresses, place, with_activations: false, with_glances: false, with_products: false }
    }

    /// One that reads activations as well, in the same steps.
    pub(crate) fn with_activations(app: &'a App, addresses: &'a [Address], place: Place) -> Self {
        Self { with_activations: true, ..Self::new(app, addresses, place) }
    }

    /// One that reads what is told at a glance as well, in the same steps.
    pub(crate) fn with_glances(app: &'a App, addresses: &'a [Address], place: Place) -> Self {
        Self { with_glances: true, ..Self::new(app, addresses, place) }
    }

    /// One that reads the products as well, in the same steps.
    pub(crate) fn with_products(self, with_products: bool) -> Self {
        Self { with_products, ..self }
    }

    /// The Licensing ID with which it goes on, where that was shown in part.
    pub(crate) fn at(&self) -> Option<&Licence> {
        match &self.place {
            Place::At(path) => path.last(),
            _ => None,
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.place == Place::End
    }

    /// Where to go on, unless all was seen.
    pub(crate) fn rest(&self) -> Option<String> {
        self.place.text()
    }

    /// The next Licensing IDs, about so many. There may be none although the walk has not ended.
    ///
    /// Two steps where nothing stands above or below; one more for each level that does. Where there are many that might have
    /// something below them and are no `master`, one more for those that have.
    pub(crate) async fn next(&mut self, most: usize) -> Result<Vec<Found>, Error> {
        // What was shown last is read again, to go on behind it.
        let most = most + usize::from(matches!(self.place, Place::Within(_)));
        let (owns, last) = Box::pin(self.owns(most)).await?;
        if owns.is_empty() {
            self.place = last.map_or(Place::End, Place::Behind);
            return Ok(Vec::new());
        }
        let (now, path) = (self.app.now(), self.place.path().to_vec());
        let is_at = matches!(self.place, Place::At(_));

        // The own ones with what their rows say stands above, and what stands below them.
        let mut read = Read::default();
        let wanted: BTreeSet<&Licence> =
            owns.iter().flat_map(|own| [Some(&own.licence), own.parent.as_ref()]).flatten().collect();
        let own_ones: BTreeSet<&Licence> = owns.iter().map(|own| &own.licence).collect();
        let start =
            |own: &Licence| path.get(1).filter(|_| path.first() == Some(own)).map_or(Start::Beginning, Start::At);
        let parents = owns.iter().filter(|own| own.may_inherit);
        let (at_once, counted) = asked_of(parents.map(|own| (&own.licence, own.parent.as_ref())));
        let at_once = at_once.into_iter().map(|own| (own, start(own))).collect();
        let (levels, rows, families) =
            tokio::join!(Box::pin(self.read(&wanted, &own_ones)), self.below(at_once, most), self.families(&counted));
        read.take(levels?);
        read.got.push(families?);
        let mut children = rows?;
        let late = counted.into_iter().filter(|own| read.has_some_below(own));
        let late = late.map(|own| (own, start(own))).collect();
        let licences: Vec<Licence> = owns.iter().map(|own| own.licence.clone()).collect();
        let (above, rows) = tokio::join!(Box::pin(self.read_above(&mut read, &licences)), self.below(late, most));
        above?;
        children.extend(rows?);

        // What stands below those on which the person inherits, as far as a page takes it.
        let mut blocks: Vec<Block> = Vec::new();
        let mut taken = 0;
        for own in owns {
            let (children, more) = children.remove(&own.licence).unwrap_or_default();
            let found = self.found(&read, vec![own.licence.clone()], own.customer_name, now)?;
            let inherits = found.as_ref().is_some_and(|found| inherits_below(found, self.addresses));
            let mut block = Block { own: own.licence, found, children: Vec::new(), more: false };
            if inherits {
                let room = (most + 1).saturating_sub(taken);
                block.more = more || children.len() > room;
                block.children = children.into_iter().take(room).map(|row| (row, Vec::new(), false)).collect();
            }
            taken += 1 + block.children.len();
            blocks.push(block);
        }
        Box::pin(self.read_below(&mut read, &mut blocks, &path, is_at, most)).await?;
        self.walked(&read, blocks, (&path, is_at), last, now)
    }

    /// The person's own Licensing IDs from the place on, merged from the lists of all addresses; and the last of them, if there are
    /// more behind it.
    async fn owns(&self, most: usize) -> Result<(Vec<Own>, Option<Licence>), Error> {
        let start = match &self.place {
            Place::End => return Ok((Vec::new(), None)),
            Place::Start => Start::Beginning,
            Place::Behind(licence) => Start::Behind(licence),
            Place::Within(path) | Place::At(path) => Start::At(&path[0]),
        };
        let (store, most) = (&self.app.store, limit(most));
        let mut pages = Vec::new();
        for address in self.addresses {
            pages.push(join(store.listings_of(address, start, most), store.held_by(address, start, most)));
        }
        let mut owns: BTreeMap<String, Own> = BTreeMap::new();
        // Beyond the last row of an address that has more to give, another address's rows may have gaps before them.
        let mut sure_until: Option<Licence> = None;
        let mut not_beyond = |last: Option<&Licence>| {
            if let Some(last) = last
                && sure_until.as_ref().is_none_or(|sure| last.key() < sure.key())
            {
                sure_until = Some(last.clone());
            }
        };
        for (listings, held) in join_all(pages).await {
            let ((listings, more_listings), (held, more_held)) = (listings?, held?);
            not_beyond(listings.last().filter(|_| more_listings).map(|last| &last.licence));
            not_beyond(held.last().filter(|_| more_held).map(|last| &last.licence));
            let listings = listings.into_iter().map(|row| Own {
                licence: row.licence,
                customer_name: row.customer_name,
                may_inherit: row.parent.is_some() || row.contacts.iter().any(|name| is_administrator(*name)),
                parent: row.parent,
            });
            let held = held.into_iter().map(|row| Own {
                licence: row.licence,
                customer_name: row.customer_name,
                may_inherit: true,
                parent: row.parent,
            });
            for own in listings.chain(held) {
                let may_inherit = own.may_inherit;
                owns.entry(own.licence.key()).or_insert(own).may_inherit |= may_inherit;
            }
        }
        if let Some(sure) = &sure_until {
            let key = sure.key();
            owns.retain(|other, _| *other <= key);
        }
        Ok((owns.into_values().collect(), sure_until))
    }

    /// Agreements with their rosters, and what the addresses hold on some of them. One step.
    async fn read(&self, wanted: &BTreeSet<&Licence>, with_holders: &BTreeSet<&Licence>) -> Result<Step, Error> {
        let store = &self.app.store;
        let (mut batch, mut activations, mut of) = (Batch::default(), Vec::new(), Vec::new());
        let mut products = Batch::default();
        for licence in wanted {
            StandingSlots::of(licence).add_to(&mut batch);
            if with_holders.contains(licence) {
                for address in self.addresses {
                    batch.add(&holder(licence, address));
                }
                if self.with_glances {
                    batch.add(&head(&licence_chain(licence)));
                }
                if self.with_products {
                    products.add(&bought(licence));
                }
                if self.with_activations {
                    of.push((*licence).clone());
                    activations.push(store.activations_shown_of(licence));
                }
            }
        }
        let (got, products, activations) =
            tokio::join!(batch.read(store), products.read(store), try_join_all(activations));
        let (got, products) = (got?, products?);
        let mut levels = Vec::new();
        for licence in wanted {
            levels.extend(StandingSlots::of(licence).understood(&got)?);
        }
        Ok((levels, vec![got, products], of.into_iter().zip(activations?).collect()))
    }

    /// What stands above, where it was not read yet: one step for each level.
    async fn read_above(&self, read: &mut Read, licences: &[Licence]) -> Result<(), Error> {
        for _ in 1..MOST_LEVELS {
            let above =
                licences.iter().filter_map(|licence| read.chain(licence).last()?.agreement.record.parent.clone());
            let missing: BTreeSet<Licence> = above.filter(|above| !read.levels.contains_key(above)).collect();
            if missing.is_empty() {
                return Ok(());
            }
            read.take(self.read(&missing.iter().collect(), &BTreeSet::new()).await?);
        }
        Ok(())
    }

    /// How many stand directly below agreements, where that is counted. One step.
    async fn families(&self, of: &[&Licence]) -> Result<BatchResult, Error> {
        let mut batch = Batch::default();
        for licence in of {
            batch.add(&licences::family(licence));
        }
        batch.read(&self.app.store).await
    }

    /// What stands directly below agreements, as far as a page takes it; and whether there is more. One step.
    async fn below(&self, of: Vec<(&Licence, Start<'_>)>, most: usize) -> Result<Children, Error> {
        let asked = of.into_iter().map(|(licence, start)| async move {
            let rows = self.app.store.below(licence, start, limit(most)).await?;
            Ok::<_, Error>((licence.clone(), rows))
        });
        Ok(try_join_all(asked).await?.into_iter().collect())
    }

    /// The agreements that stand below, and what stands below those: one step for each level.
    async fn read_below(
        &self,
        read: &mut Read,
        blocks: &mut [Block],
        path: &[Licence],
        is_at: bool,
        most: usize,
    ) -> Result<(), Error> {
        let children: BTreeSet<Licence> =
            blocks.iter().flat_map(|block| block.children.iter().map(|(row, ..)| row.licence.clone())).collect();
        if children.is_empty() {
            return Ok(());
        }
        // Only below a `master` there may be two levels.
        let mut parents: Vec<(usize, usize)> = Vec::new();
        for (nth, block) in blocks.iter().enumerate() {
            if is_master(&block.own) && read.chain(&block.own).len() == 1 {
                parents.extend((0..block.children.len()).map(|child| (nth, child)));
            }
        }
        let start = |licence: &Licence| match path.get(2).filter(|_| path.get(1) == Some(licence)) {
            None => Start::Beginning,
            Some(last) if is_at => Start::At(last),
            Some(last) => Start::Behind(last),
        };
        let of = |(block, child): &(usize, usize)| {
            let block = &blocks[*block];
            (block.children[*child].0.licence.clone(), block.own.clone())
        };
        let named: Vec<(Licence, Licence)> = parents.iter().map(of).collect();
        let (at_once, counted) = asked_of(named.iter().map(|(child, own)| (child, Some(own))));
        let at_once = at_once.into_iter().map(|child| (child, start(child))).collect();
        let wanted: BTreeSet<&Licence> = children.iter().collect();
        let (levels, rows, families) =
            tokio::join!(Box::pin(self.read(&wanted, &wanted)), self.below(at_once, most), self.families(&counted));
        read.take(levels?);
        read.got.push(families?);
        let mut grandchildren = rows?;
        let late = counted.into_iter().filter(|child| read.has_some_below(child));
        grandchildren.extend(self.below(late.map(|child| (child, start(child))).collect(), most).await?);
        let mut further: BTreeSet<Licence> = BTreeSet::new();
        for (block, child) in parents {
            let room = (most + 1).saturating_sub(further.len());
            let child = &mut blocks[block].children[child];
            let (rows, more) = grandchildren.get(&child.0.licence).cloned().unwrap_or_default();
            child.2 = more || rows.len() > room;
            child.1 = rows.into_iter().take(room).collect();
            further.extend(child.1.iter().map(|row| row.licence.clone()));
        }
        if !further.is_empty() {
            let wanted: BTreeSet<&Licence> = further.iter().collect();
            read.take(self.read(&wanted, &wanted).await?);
        }
        Ok(())
    }

    /// What was read, in its order, as far as nothing is missing in between.
    fn walked(
        &mut self,
        read: &Read,
        blocks: Vec<Block>,
        (path, is_at): (&[Licence], bool),
        last: Option<Licence>,
        now: Timestamp,
    ) -> Result<Vec<Found>, Error> {
        let mut all = Vec::new();
        for block in blocks {
            let resumed = path.first() == Some(&block.own);
            let shown_before =
                |path_here: &[Licence]| resumed && path.starts_with(path_here) && !(is_at && path == path_here);
            let here = vec![block.own.clone()];
            let shown = shown_before(&here);
            all.extend(block.found.filter(|_| !shown));
            if !resumed || path.len() == 1 {
                self.place = Place::Within(here);
            }
            for (child, grandchildren, more) in block.children {
                let here = vec![block.own.clone(), child.licence.clone()];
                let found = self.found(read, here.clone(), child.customer_name, now)?;
                let stands = found.as_ref().is_some_and(|found| found.stands_below(&block.own));
                self.place = Place::Within(here.clone());
                // What is the person's own comes by itself, with what stands below it.
                let Some(found) = found.filter(|found| stands && !self.is_own(read, found)) else { continue };
                let inherits = inherits_below(&found, self.addresses);
                if !found.access.is_empty() && !shown_before(&here) {
                    all.push(found);
                }
                if !inherits {
                    continue;
                }
                for grandchild in grandchildren {
                    let lower = vec![block.own.clone(), child.licence.clone(), grandchild.licence.clone()];
                    let found = self.found(read, lower.clone(), grandchild.customer_name, now)?;
                    self.place = Place::Within(lower);
                    let found = found.filter(|found| found.stands_below(&child.licence) && !self.is_own(read, found));
                    all.extend(found.filter(|found| !found.access.is_empty()));
                }
                if more {
                    return Ok(all);
                }
            }
            if block.more {
                return Ok(all);
            }
            self.place = Place::Behind(block.own);
        }
        if last.is_none() {
            self.place = Place::End;
        }
        Ok(all)
    }

    /// A Licensing ID as it was read; none if it is not loaded.
    fn found(
        &self,
        read: &Read,
        path: Vec<Licence>,
        customer_name: String,
        now: Timestamp,
    ) -> Result<Option<Found>, Error> {
        let Some(licence) = path.last() else { return Ok(None) };
        let loaded = Loaded { levels: read.chain(licence).into_iter().cloned().collect() };
        let Some(here) = loaded.levels.first() else { return Ok(None) };
        let contacts: &Contacts = here.agreement.record.contacts();
        let (mut access, mut listed) = (Access::default(), Vec::new());
        for address in self.addresses {
            let own = read.holder(licence, address)?;
            access.join(loaded.access(address, own.as_ref().map(|own| &own.record), now));
            if own.is_none_or(|own| own.record.gave_up.is_none()) {
                let names = contacts.iter().filter(|(_, named)| *named == address);
                listed.extend(names.map(|(name, _)| (*name, address.clone())));
            }
        }
        listed.sort();
        let activations = read.activations.get(licence).cloned().unwrap_or_default();
        let head = if self.with_glances { read.head(licence)? } else { None };
        let may_see = access.allows(Action::ReadOrders).is_ok() || access.allows(Action::SeeActivations).is_ok();
        let products = if may_see { read.products(licence)? } else { BTreeSet::new() };
        Ok(Some(Found { path, loaded, access, listed, customer_name, activations, head, products }))
    }

    /// Whether a Licensing ID names the person, or they hold something there by an act: then their own lists have it.
    fn is_own(&self, read: &Read, found: &Found) -> bool {
        let named: BTreeSet<&Address> = found.loaded.agreement().contacts().values().collect();
        self.addresses.iter().any(|address| {
            let holds = read.holder(found.licence(), address).ok().flatten();
            named.contains(address) || holds.is_some_and(|holder| holder.record.gives_something())
        })
    }
}

/// What stands directly below an agreement and has something to do with a person, one after the other.
pub(crate) struct Below<'a> {
    walk: Walk<'a>,
    of: Loaded,
    after: Option<Licence>,
    ended: bool,
}

impl<'a> Below<'a> {
    /// Below this agreement, which was read with what stands above it; behind the Licensing ID `after`.
    pub(crate) const fn new(app: &'a App, addresses: &'a [Address], of: Loaded, after: Option<Licence>) -> Self {
        Self { walk: Walk::new(app, addresses, Place::Start), of, after, ended: false }
    }

    /// The same with the products, in the same steps.
    pub(crate) fn with_products(self, with_products: bool) -> Self {
        Self { walk: self.walk.with_products(with_products), ..self }
    }

    pub(crate) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Where to go on, unless all was seen.
    pub(crate) fn rest(&self) -> Option<String> {
        self.after.as_ref().filter(|_| !self.ended).map(Licence::key)
    }

    /// Of the next so many, those that have something to do with the person. Two steps.
    pub(crate) async fn next(&mut self, most: usize) -> Result<Vec<Found>, Error> {
        let parent = self.of.agreement().licence.clone();
        let start = Start::behind(self.after.as_ref());
        let (rows, more) = self.walk.app.store.below(&parent, start, limit(most)).await?;
        self.ended = !more;
        self.after = rows.last().map(|row| row.licence.clone());
        if rows.is_empty() {
            self.ended = true;
            return Ok(Vec::new());
        }
        let licences: BTreeSet<&Licence> = rows.iter().map(|row| &row.licence).collect();
        let mut read = Read::default();
        read.take(self.walk.read(&licences, &licences).await?);
        let above = self.of.levels.iter().cloned();
        read.levels.extend(above.map(|level| (level.agreement.record.licence.clone(), level)));
        let (mut all, now) = (Vec::new(), self.walk.app.now());
        for row in rows {
            let found = self.walk.found(&read, vec![row.licence], row.customer_name, now)?;
            all.extend(found.filter(|found| found.stands_below(&parent)));
        }
        Ok(all)
    }
}

/// One of the person's own Licensing IDs with what stands below it, as far as it was read.
struct Block {
    own: Licence,
    found: Option<Found>,
    /// Each with what stands below it, and whether there is more of that.
    children: Vec<(licences::Below, Vec<licences::Below>, bool)>,
    /// Whether there are more children.
    more: bool,
}

impl Read {
    fn take(&mut self, (levels, got, activations): Step) {
        self.activations.extend(activations);
        self.levels.extend(levels.into_iter().map(|level| (level.agreement.record.licence.clone(), level)));
        self.got.extend(got);
    }

    /// A Licensing ID with what stands above it, as far as it was read.
    fn chain(&self, licence: &Licence) -> Vec<&LoadedLevel> {
        let mut levels: Vec<&LoadedLevel> = self.levels.get(licence).into_iter().collect();
        while let Some(above) = levels.last().and_then(|level| level.agreement.record.parent.as_ref())
            && levels.len() < MOST_LEVELS
            && let Some(level) = self.levels.get(above)
        {
            levels.push(level);
        }
        levels
    }

    fn head(&self, licence: &Licence) -> Result<Option<StoredHead>, Error> {
        let slot = head(&licence_chain(licence));
        for got in &self.got {
            if let Some(head) = got.get(&slot)? {
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    /// Whether something stands below an agreement of which that was read. What is not understood may say so.
    fn has_some_below(&self, licence: &Licence) -> bool {
        let slot = licences::family(licence);
        let mut found = self.got.iter().map(|got| got.get(&slot));
        found.any(|family| family.is_err() || family.is_ok_and(|it| it.is_some_and(|it| it.children > 0)))
    }

    /// The products that were ordered under a Licensing ID, as far as that was read.
    fn products(&self, licence: &Licence) -> Result<BTreeSet<Sku>, Error> {
        let slot = bought(licence);
        for got in &self.got {
            if let Some(bought) = got.get_understood(&slot)? {
                return Ok(bought.products);
            }
        }
        Ok(BTreeSet::new())
    }

    fn holder(&self, licence: &Licence, address: &Address) -> Result<Option<Versioned<Holder>>, Error> {
        let slot = holder(licence, address);
        for got in &self.got {
            if let Some(holder) = got.get_understood(&slot)? {
                return Ok(Some(holder));
            }
        }
        Ok(None)
    }
}

impl Found {
    /// Whether it still stands below the agreement whose row led here.
    fn stands_below(&self, parent: &Licence) -> bool {
        self.loaded.agreement().parent.as_ref() == Some(parent)
    }
}

/// Of agreements below which something may give the person a role, each with what stands above it as far as that is known: those that are
/// asked at once what stands below them, and those of which it is read first whether anything does.
///
/// Nothing stands below what itself stands below another than a `master`, so that is not asked for nothing; but what is known may be
/// old. How many stand below a `master` is not counted, as thousands may.
fn asked_of<'l>(all: impl Iterator<Item = (&'l Licence, Option<&'l Licence>)>) -> (Vec<&'l Licence>, Vec<&'l Licence>) {
    let (likely, mut counted): (Vec<_>, Vec<_>) =
        all.partition(|(licence, above)| is_master(licence) || above.is_none_or(is_master));
    let few = likely.len() <= ASKED_AT_ONCE;
    let (at_once, others): (Vec<_>, Vec<_>) = likely.into_iter().partition(|(licence, _)| few || is_master(licence));
    counted.extend(others);
    let licences = |all: Vec<(&'l Licence, _)>| all.into_iter().map(|(licence, _)| licence).collect();
    (licences(at_once), licences(counted))
}

fn is_master(licence: &Licence) -> bool {
    licence.programme == Programme::Master
}

/// Whether an agreement makes whom it names so Administrator.
fn is_administrator(name: ContactName) -> bool {
    role_of_contact(name) == Some(Role::Administrator)
}

/// Whether what stands below may give the person anything: they are Administrator, or primary or notices contact of this or of a
/// level above.
fn inherits_below(found: &Found, addresses: &[Address]) -> bool {
    let lasting = || {
        let levels = found.loaded.levels.iter().map(|level| level.agreement.record.contacts());
        levels.into_iter().any(|contacts| {
            ContactName::LASTING.iter().filter_map(|name| contacts.get(name)).any(|named| addresses.contains(named))
        })
    };
    found.access.has(Role::Administrator) || lasting()
}

/// What was shown last is read again to find what stands below it, so one row alone would lead nowhere.
fn limit(most: usize) -> i32 {
    i32::try_from(most.max(2)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// UI-03 a place in a list is read as it was written, whatever stands in a number; what is none is told apart.
    #[test]
    fn ui_03_places_are_read_as_they_were_written() {
        let licence = |key: &str| -> Licence { key.parse().expect("a Licensing ID") };
        let path = vec![licence("master/~7"), licence("enterprise/=1"), licence("select/a b")];
        for place in
            [Place::Behind(licence("enterprise/~1")), Place::Within(path.clone()), Place::At(path[..2].to_vec())]
        {
            assert_eq!(Place::of(place.text().as_deref()), Some(place));
        }
        assert_eq!(Place::of(None), Some(Place::Start));
        for text in ["", "~", "=nothing", "x", "~select/1\u{1}select/2\u{1}select/3\u{1}select/4"] {
            assert_eq!(Place::of(Some(text)), None, "{text:?}");
        }
    }
}
