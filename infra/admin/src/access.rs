//! `countersign access`: who may do what of what is stored, as an access review asks for it (ROLE-10).

use std::{collections::BTreeSet, error::Error};

use clap::{Args, ValueEnum};
use gateway::App;
use licensing::{
    CustomerId, Date, Licence, Timestamp,
    import::{Everybody, record::Agreement},
};
use store::{
    Table,
    licences::{self, Versioned},
    orders::StoredOrder,
    standing::{HOLDER, HolderRow},
};

use crate::{
    Done,
    connected::{operator, with_app},
    import::time,
    out,
    paging::page,
};

/// Print who has which right on which agreement, and where each right comes from.
///
/// One line for each agreement and address that has any right there, ordered by programme, number and address. Each role names
/// its sources, such as contact:primary or parent:master/7. `countersign import FILE --dry-run --empty --access` prints the same
/// of a file.
///
/// Exit code 1 if nobody has any right there.
#[derive(Debug, Args)]
pub(crate) struct Access {
    /// A Licensing ID, such as enterprise/100. Leave it out with --customer or --all.
    #[arg(required_unless_present_any = ["customer", "all"], conflicts_with_all = ["customer", "all"])]
    licence: Option<Licence>,

    /// Print all agreements of the customer with this id.
    #[arg(long, value_name = "ID", conflicts_with = "all")]
    customer: Option<CustomerId>,

    /// Print all agreements. This reads two tables from end to end and keeps them in memory: it takes minutes if they hold millions.
    #[arg(long)]
    all: bool,

    /// Judge as of this time, such as 2026-11-22T00:00:00Z. Default: now.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,

    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object a line.
    Json,
    /// A table with a line for each role and source.
    Csv,
}

impl Access {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        with_app(async |app| {
            operator(app).await?;
            let mut everybody = Everybody::default();
            let wanted: BTreeSet<Licence> = match (&self.licence, &self.customer) {
                (Some(licence), _) => BTreeSet::from([licence.clone()]),
                (None, Some(customer)) => agreements_of(app, customer).await?,
                (None, None) => {
                    put_all(app, &mut everybody).await?;
                    everybody.licences().cloned().collect()
                }
            };
            if !self.all {
                for licence in &wanted {
                    put_with_above(app, licence, &mut everybody).await?;
                }
                if let Some(unknown) = self.licence.as_ref().filter(|licence| !everybody.knows(licence)) {
                    return Err(format!(
                        "There is no agreement {unknown}. Run `countersign find {}` to look in all programmes.",
                        unknown.number
                    )
                    .into());
                }
            }
            self.print(&everybody, &wanted, self.at.unwrap_or_else(|| app.now()));
            Ok(if everybody.lines_of(wanted.iter(), app.now()).next().is_some() {
                Done::Fine
            } else {
                Done::WithFindings
            })
        })
    }

    fn print(&self, everybody: &Everybody, wanted: &BTreeSet<Licence>, at: Timestamp) {
        let lines = everybody.lines_of(wanted.iter(), at);
        match self.format {
            Format::Json => lines.for_each(|line| println!("{}", line.to_json())),
            Format::Csv => {
                println!("programme,number,address,active,role,source,benefits,reservations");
                lines.flat_map(|line| line.to_cells()).for_each(|cells| {
                    let cells: Vec<String> = cells.iter().map(|cell| out::csv_cell(cell)).collect();
                    println!("{}", cells.join(","));
                });
            }
        }
    }
}

/// So many agreements of a customer are listed at a time.
const A_PAGE: i32 = 500;

async fn agreements_of(app: &App, customer: &CustomerId) -> Result<BTreeSet<Licence>, Box<dyn Error>> {
    let (mut all, mut after): (BTreeSet<Licence>, Option<(Licence, Date)>) = (BTreeSet::new(), None);
    loop {
        let (page, more) = app.store.agreements_of(customer, after.as_ref(), A_PAGE).await?;
        after = page.last().cloned();
        all.extend(page.into_iter().map(|(licence, _)| licence));
        if !more || after.is_none() {
            return Ok(all);
        }
    }
}

/// An agreement and what stands above it, each with what addresses hold there, unless they were put in before.
async fn put_with_above(app: &App, licence: &Licence, everybody: &mut Everybody) -> Result<(), Box<dyn Error>> {
    let mut next = Some(licence.clone());
    while let Some(licence) = next.take().filter(|licence| !everybody.knows(licence)) {
        let Some(stored) = app.store.get(&licences::agreement(&licence)).await? else { break };
        next.clone_from(&stored.record.parent);
        everybody.put_agreement(stored.record);
        for (address, holder) in app.store.holders_of(&licence).await? {
            everybody.put_holder(&licence, &address, holder);
        }
        if everybody.has_orders(&licence) {
            for stored in app.store.orders_of(&licence).await? {
                everybody.put_order(&stored.order, stored.times_given_up);
            }
        }
    }
    Ok(())
}

/// All agreements, page by page, with what addresses hold, and the orders that give somebody something.
async fn put_all(app: &App, everybody: &mut Everybody) -> Result<(), Box<dyn Error>> {
    page(app, Table::Licences, Some(("#i = :a", "agreement")), |stored: Versioned<Agreement>| {
        everybody.put_agreement(stored.record);
    })
    .await?;
    let mut any_orders = false;
    page(app, Table::Licences, Some(("begins_with(#i, :a)", HOLDER)), |row: HolderRow| {
        if let Some((licence, address, holder)) = row.of_whom() {
            any_orders |= holder.orders.is_some();
            everybody.put_holder(&licence, &address, holder);
        }
    })
    .await?;
    if any_orders {
        page(app, Table::Orders, Some(("begins_with(licensing_id, :a)", "open-licence/")), |stored: StoredOrder| {
            everybody.put_order(&stored.order, stored.times_given_up);
        })
        .await?;
    }
    Ok(())
}
