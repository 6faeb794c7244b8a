//! `countersign access`: who may do what of what is stored, as an access review asks for it (ROLE-10).

use std::{collections::BTreeSet, error::Error};

use clap::{Args, ValueEnum};
use futures_util::future::join_all;
use gateway::App;
use licensing::{
    CustomerId, Date, Licence, Timestamp,
    import::{Everybody, record::Agreement},
};
use store::{
    Batch, Table,
    licences::{self, Versioned},
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

    /// Print all agreements. This reads the table of agreements from end to end, then each agreement: it takes minutes if there are
    /// many.
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
            let wanted: BTreeSet<Licence> = match (&self.licence, &self.customer) {
                (Some(licence), _) => BTreeSet::from([licence.clone()]),
                (None, Some(customer)) => agreements_of(app, customer).await?,
                (None, None) => all_agreements(app).await?,
            };
            let at = self.at.unwrap_or_else(|| app.now());
            let (mut wanted, mut anybody) = (wanted.into_iter().peekable(), false);
            if self.licence.is_none() {
                self.print_header();
            }
            while wanted.peek().is_some() {
                let some: Vec<Licence> = wanted.by_ref().take(AT_A_TIME).collect();
                let everybody = everybody_on(app, &some).await?;
                if let Some(unknown) = self.licence.as_ref().filter(|licence| !everybody.knows(licence)) {
                    return Err(format!(
                        "There is no agreement {unknown}. Run `countersign find {}` to look in all programmes.",
                        unknown.number
                    )
                    .into());
                }
                if self.licence.is_some() {
                    self.print_header();
                }
                anybody |= self.print(&everybody, &some, at);
            }
            Ok(if anybody { Done::Fine } else { Done::WithFindings })
        })
    }

    fn print_header(&self) {
        if self.format == Format::Csv {
            println!("programme,number,address,active,role,source,benefits,reservations");
        }
    }

    /// Prints who has which right on these agreements. Whether anybody has.
    fn print(&self, everybody: &Everybody, some: &[Licence], at: Timestamp) -> bool {
        let mut anybody = false;
        for line in everybody.lines_of(some.iter(), at) {
            anybody = true;
            match self.format {
                Format::Json => println!("{}", line.to_json()),
                Format::Csv => {
                    for cells in line.to_cells() {
                        let cells: Vec<String> = cells.iter().map(|cell| out::csv_cell(cell)).collect();
                        println!("{}", cells.join(","));
                    }
                }
            }
        }
        anybody
    }
}

/// So many agreements are read and printed at a time: with what stands above them, these are all that is kept.
const AT_A_TIME: usize = 200;

/// So many of them are asked after side by side.
const SIDE_BY_SIDE: usize = 16;

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

/// The Licensing IDs of all agreements, in order: nothing else of them is kept.
async fn all_agreements(app: &App) -> Result<BTreeSet<Licence>, Box<dyn Error>> {
    let mut all = BTreeSet::new();
    page(app, Table::Licences, Some(("#i = :a", "agreement")), |stored: Versioned<Agreement>| {
        all.insert(stored.record.licence);
    })
    .await?;
    Ok(all)
}

/// Some agreements and what stands above them, each with what addresses hold there, and the orders that give somebody something.
async fn everybody_on(app: &App, some: &[Licence]) -> Result<Everybody, Box<dyn Error>> {
    let mut everybody = Everybody::default();
    let mut next: BTreeSet<Licence> = some.iter().cloned().collect();
    let mut known = Vec::new();
    while !next.is_empty() {
        let mut batch = Batch::default();
        for licence in &next {
            batch.add(&licences::agreement(licence));
        }
        let got = batch.read(&app.store).await?;
        let mut above = BTreeSet::new();
        for licence in next {
            if let Some(stored) = got.get(&licences::agreement(&licence))? {
                above.extend(stored.record.parent.clone());
                everybody.put_agreement(stored.record);
                known.push(licence);
            }
        }
        above.retain(|licence| !everybody.knows(licence));
        next = above;
    }
    for part in known.chunks(SIDE_BY_SIDE) {
        let holders = part.iter().map(|licence| app.store.holders_of(licence));
        for (licence, holders) in part.iter().zip(join_all(holders).await) {
            for (address, holder) in holders? {
                everybody.put_holder(licence, &address, holder);
            }
        }
        let with_orders: Vec<&Licence> = part.iter().filter(|licence| everybody.has_orders(licence)).collect();
        for orders in join_all(with_orders.iter().map(|licence| app.store.orders_of(licence))).await {
            for stored in orders? {
                everybody.put_order(&stored.order, stored.times_given_up);
            }
        }
    }
    Ok(everybody)
}
