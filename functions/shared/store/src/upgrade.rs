//! What an update of the software rewrites in stored data, item by item. Operators page through the tables to find them
//! (`countersign upgrade`); functions never do.
//!
//! Each rewrite finds what is due by a condition, writes on that condition, and so changes nothing when it is run again. It
//! writes the new beside the old where an earlier release reads the old: going back stays possible.

use aws_sdk_dynamodb::types::AttributeValue;
use licensing::{
    Timestamp,
    activation::{Activation, Summary},
    audit::licence_chain,
    glance::Glance,
    import::record::Agreement,
    reach::Reach,
};

use crate::{
    Error, Failed, Item, Slot, Store, Table, Write,
    bought::bought,
    from_item,
    head::HeadChange,
    licences::{self, Administers, LinkedAccount, Versioned},
    number, text,
};

/// A rewrite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewrite {
    /// By what operators name it.
    pub name: &'static str,
    /// What it does, for them.
    pub what: &'static str,
    /// The table that it pages through.
    pub table: Table,
    /// Which of its items may be due, as a condition.
    pub filter: &'static str,
    /// Names in it that are the database's own words.
    pub names: &'static [(&'static str, &'static str)],
    /// Values in it.
    pub values: &'static [(&'static str, &'static str)],
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    LinkedAccounts,
    Families,
    Bounces,
    Below,
    RowsOfViewers,
    Glances,
    Bought,
}

/// All rewrites, the oldest first. One is taken away once no release that needs it can be updated from.
pub const ALL: [Rewrite; 7] = [
    Rewrite {
        name: "linked-accounts",
        what: "the account that a customer is linked to stands beside the customer as well",
        table: Table::Accounts,
        filter: "attribute_exists(takes_assignments) AND attribute_not_exists(domains)",
        names: &[],
        values: &[],
        how: How::LinkedAccounts,
    },
    Rewrite {
        name: "families",
        what: "agreements are counted by the one above, so that chains stay short",
        table: Table::Licences,
        filter: "#i = :agreement AND attribute_exists(parent) AND attribute_not_exists(counted)",
        names: &[("#i", "item")],
        values: &[(":agreement", "agreement")],
        how: How::Families,
    },
    Rewrite {
        name: "bounces",
        what: "addresses at which mail bounced before times were kept count as bounced now, for the usual days",
        table: Table::Listings,
        filter: "#w = :suppression AND #r = :bounced AND attribute_not_exists(bounced_at) AND attribute_not_exists(lifted_at)",
        names: &[("#w", "what"), ("#r", "reason")],
        values: &[(":suppression", "suppression"), (":bounced", "hard-bounce")],
        how: How::Bounces,
    },
    Rewrite {
        name: "below",
        what: "agreements are listed by the one above, so that its Administrators find them",
        table: Table::Licences,
        filter: "#i = :agreement AND attribute_exists(parent)",
        names: &[("#i", "item")],
        values: &[(":agreement", "agreement")],
        how: How::Below,
    },
    Rewrite {
        name: "rows-of-viewers",
        what: "rows go that only the release before read; nothing goes while the policy says `stored.for_release_before`",
        table: Table::Listings,
        filter: "begins_with(#w, :activation) AND NOT begins_with(#o, :operators)",
        names: &[("#w", "what"), ("#o", "who")],
        values: &[(":activation", "activation#"), (":operators", "operators#")],
        how: How::RowsOfViewers,
    },
    Rewrite {
        name: "glances",
        what: "activations and requests are counted beside each Licensing ID, so that Home tells how many there are",
        table: Table::Licences,
        filter: "#i = :agreement",
        names: &[("#i", "item")],
        values: &[(":agreement", "agreement")],
        how: How::Glances,
    },
    Rewrite {
        name: "bought",
        what: "the products that were ordered under a licence are noted with it, so that lists are searched by them",
        table: Table::Licences,
        filter: "#i = :agreement",
        names: &[("#i", "item")],
        values: &[(":agreement", "agreement")],
        how: How::Bought,
    },
];

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewritten {
    /// There was nothing to rewrite.
    NotDue,
    /// It is to be rewritten: this was only asked, or somebody else changed it meanwhile. Whoever did wrote it as it is written
    /// now, or it is found when this is run again.
    Due,
    /// It was rewritten.
    Done,
}

impl Store {
    /// Rewrites an item as it was read, if it still is like that; with `dry_run` it is only asked whether it has to be.
    pub async fn rewrite(
        &self,
        rewrite: &Rewrite,
        item: Item,
        dry_run: bool,
        now: Timestamp,
    ) -> Result<Rewritten, Error> {
        let Some(write) = self.rewritten(rewrite.how, item, now).await? else { return Ok(Rewritten::NotDue) };
        if dry_run {
            return Ok(Rewritten::Due);
        }
        match write.commit(self).await {
            Ok(()) => Ok(Rewritten::Done),
            Err(Failed::Lost(_)) => Ok(Rewritten::Due),
            Err(Failed::Error(error)) => Err(error),
        }
    }

    /// What has to be written for one item; none where nothing does.
    async fn rewritten(&self, how: How, item: Item, now: Timestamp) -> Result<Option<Write>, Error> {
        let mut write = Write::new();
        match how {
            How::LinkedAccounts => {
                let key = item.get("account_id").and_then(|key| key.as_s().ok()).cloned().unwrap_or_default();
                let Some(customer) = LinkedAccount::customer_of(&key) else { return Ok(None) };
                let first: Administers = from_item(item)?;
                let linked = LinkedAccount::of(&customer);
                let stands = self.get(linked.slot()).await?.map(|linked| linked.account);
                if stands.as_ref() == Some(&first.account) {
                    return Ok(None);
                }
                // The first account stays the customer's, also where the new place names a later one (`LinkedAccount::from`). Both
                // places must still be as they were read: the account may go meanwhile, with its link.
                let set = "SET account = :a, #n = :n, takes_assignments = :t";
                let mut update = Write::update_of(self, linked.slot(), set)
                    .on_condition(if stands.is_some() { "account = :seen" } else { "attribute_not_exists(account)" })
                    .name("#n", "name")
                    .value(":a", text(first.account.as_str()))
                    .value(":n", text(&first.name))
                    .value(":t", AttributeValue::Bool(first.takes_assignments));
                if let Some(stands) = &stands {
                    update = update.value(":seen", text(stands.as_str()));
                }
                write.push("linked-account", linked.slot(), &update);
                write.check_text("linked-account-before", self, linked.before(), "account", first.account.as_str());
            }
            How::Families => {
                let agreement: Versioned<Agreement> = from_item(item)?;
                let Some(above) = agreement.record.parent_but_master() else { return Ok(None) };
                let slot = licences::agreement(&agreement.record.licence);
                let update = Write::update_of(self, &slot, "SET counted = :yes ADD #v :one")
                    .on_condition("#v = :seen AND attribute_not_exists(counted)")
                    .name("#v", "version")
                    .value(":yes", AttributeValue::Bool(true))
                    .value(":one", number(1))
                    .value(":seen", number(agreement.version));
                write.push("agreement", &slot, &update);
                let slot = licences::family(above);
                let update = Write::update_of(self, &slot, "ADD children :one").value(":one", number(1));
                write.push("family", &slot, &update);
            }
            How::Bounces => {
                let who = item.get("who").and_then(|who| who.as_s().ok()).cloned().unwrap_or_default();
                let slot: Slot<Reach> = Slot::new(Table::Listings, who, Some("suppression".into()));
                let is_due = "#r = :bounced AND attribute_not_exists(bounced_at) AND attribute_not_exists(lifted_at)";
                let update = Write::update_of(self, &slot, "SET bounced_at = :now ADD #v :one")
                    .on_condition(is_due)
                    .name("#r", "reason")
                    .name("#v", "version")
                    .value(":bounced", text("hard-bounce"))
                    .value(":now", text(now.to_string()))
                    .value(":one", number(1));
                write.push("suppression", &slot, &update);
            }
            How::Below => {
                let agreement: Versioned<Agreement> = from_item(item)?;
                let Some(above) = &agreement.record.parent else { return Ok(None) };
                if self.get(&licences::below(above, &agreement.record.licence)).await?.is_some() {
                    return Ok(None);
                }
                let customer = self.get(&licences::customer(&agreement.record.customer)).await?;
                let name = customer.map(|customer| customer.record.name.to_string()).unwrap_or_default();
                write.listings(self, &agreement, &name);
            }
            How::RowsOfViewers => {
                let key = |name: &str| item.get(name).and_then(|key| key.as_s().ok()).cloned().unwrap_or_default();
                let (who, what) = (key("who"), key("what"));
                if self.stored.for_release_before || who.starts_with("operators#") || !what.starts_with("activation#") {
                    return Ok(None);
                }
                let slot: Slot<Summary> = Slot::new(Table::Listings, who, Some(what));
                write.delete(self, &slot);
            }
            How::Glances => {
                let agreement: Versioned<Agreement> = from_item(item)?;
                let licence = agreement.record.licence;
                let chain = licence_chain(&licence);
                let stored = self.audit_head(&chain).await?;
                let Some(stored) = stored.filter(|head| head.glance().is_none()) else { return Ok(None) };
                // Whatever changes them moves the head, on which this is conditioned.
                let activations = self.activations_of(&licence).await?;
                let requests = self.requests_of(&licence).await?;
                let counted = stored.counted(Glance::of(
                    activations.iter().map(Activation::share),
                    requests.iter().filter(|request| request.is_counted()).count(),
                ));
                let change = HeadChange { seen: Some(stored.newest), newest: counted };
                write.move_head(chain, change);
            }
            How::Bought => {
                let agreement: Versioned<Agreement> = from_item(item)?;
                let licence = &agreement.record.licence;
                let noted = self.get(&bought(licence)).await?.unwrap_or_default().products;
                let orders = self.orders_of(licence).await?.into_iter();
                let ordered = orders.flat_map(|order| order.order.lines).map(|line| line.product);
                let activations = self.activations_shown_of(licence).await?.into_iter();
                let all = ordered.chain(activations.map(|activation| activation.product));
                for product in all.filter(|product| !noted.contains(product)) {
                    write.bought(licence, &product);
                }
                if write.is_empty() {
                    return Ok(None);
                }
            }
        }
        Ok(Some(write))
    }
}
