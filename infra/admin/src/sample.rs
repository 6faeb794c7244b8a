//! `countersign sample`: made-up data of any size, for trying out and for measuring.
//!
//! The same number of lines and seed always make the same file. What a customer has is worked out from its number, so
//! that an order can refer to any customer above without any of them being kept.

use std::{
    error::Error,
    fmt::Write as _,
    io::{self, BufWriter, Write},
};

use clap::Args;

use crate::Done;

/// Write made-up customers, agreements and orders, as `import` reads them, to standard output.
///
/// About one row in a hundred is wrong and one in fifty repeats an earlier one, as in real data.
#[derive(Debug, Args)]
pub(crate) struct Sample {
    /// How many lines to write.
    #[arg(long, default_value_t = 1000)]
    lines: u64,

    /// Another seed makes other data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

const PRODUCTS: [(&str, &str, &str); 8] = [
    ("MAIL-ENT", "Mail and Calendar Enterprise", "online-service"),
    ("DOCS-BUS", "Documents Business", "online-service"),
    ("MEET-PRO", "Meetings Pro", "online-service"),
    ("CRM-ONL", "Customer Desk Online", "online-service"),
    ("CLOUD-CR", "Cloud Consumption Commitment", "consumption"),
    ("GPU-CR", "Accelerator Hours", "consumption"),
    ("DEVT-KEY", "Developer Tools Key", "keyed-service"),
    ("SRV-STD", "Server Standard", "on-premises"),
];
const PROGRAMMES: [&str; 5] = ["enterprise", "select", "select-plus", "open-value", "open-licence"];
const CONTACTS: [&str; 6] =
    ["primary", "notices", "online-services-manager", "online-administrator", "software-assurance-manager", "bill-to"];
const FIRST: [&str; 12] = ["ana", "bo", "chi", "dev", "eli", "fay", "gus", "hana", "ivo", "jun", "kai", "lea"];
const PLACE: [&str; 8] = ["Kestrel", "Basin", "Orchard", "Ōsaka", "Łódź", "Juniper", "Meridian", "Brücke"];
const TRADE: [&str; 6] = ["Robotics", "Mining", "Bank", "Logistics", "Optics", "Foods"];
const COUNTRY: [&str; 6] = ["SE", "DE", "IN", "US", "JP", "BR"];

impl Sample {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let mut left = self.lines;
        let mut rows = Rows { seed: self.seed, text: String::new() };
        let mut block = 0;
        while left > 0 {
            rows.text.clear();
            if block == 0 {
                rows.products();
            } else {
                rows.customer(block);
            }
            block += 1;
            for line in rows.text.split_inclusive('\n').take(usize::try_from(left).unwrap_or(usize::MAX)) {
                out.write_all(line.as_bytes())?;
                left -= 1;
            }
        }
        out.flush()?;
        Ok(Done::Fine)
    }
}

struct Rows {
    seed: u64,
    text: String,
}

impl Rows {
    fn products(&mut self) {
        for (sku, name, kind) in PRODUCTS {
            self.row(format_args!(r#"{{"type": "product", "sku": "{sku}", "name": "{name}", "kind": "{kind}"}}"#));
        }
    }

    /// A customer with what belongs to it, and orders of this and earlier customers.
    fn customer(&mut self, number: u64) {
        let mut dice = Dice::new(self.seed, number, "customer");
        let (place, trade) = (dice.one_of(&PLACE), dice.one_of(&TRADE));
        let name = format!("{place} {trade}");
        let country = if dice.one_in(100) { "Sweden" } else { dice.one_of(&COUNTRY) };
        self.row(format_args!(
            r#"{{"type": "customer", "id": "cust-{number}", "name": "{name}", "country": "{country}"}}"#
        ));
        let has_account = dice.one_in(2);
        if has_account {
            let (global, billing) = (person(&mut dice, number), person(&mut dice, number));
            self.row(format_args!(
                r#"{{"type": "account", "id": "acc-{number}", "name": "{name}", "customer": "cust-{number}", "domains": ["c{number}.example"], "global_admins": ["{global}"], "billing_admins": ["{billing}"]}}"#
            ));
        }
        for which in 0..agreements(self.seed, number) {
            self.agreement(number, which, &mut dice);
            if has_account && dice.one_in(4) {
                let (programme, licence) = licence(self.seed, number, which);
                let (product, ..) = dice.one_of(&PRODUCTS);
                self.row(format_args!(
                    r#"{{"type": "activation", "programme": "{programme}", "number": "{licence}", "product": "{product}", "account": "acc-{number}", "activated": "{}"}}"#,
                    day(&mut dice, 2025)
                ));
            }
        }
        if dice.one_in(2) {
            let (address, reason) = (person(&mut dice, number), dice.one_of(&["hard-bounce", "complaint"]));
            self.row(format_args!(r#"{{"type": "suppression", "address": "{address}", "reason": "{reason}"}}"#));
        }
        for nth in 0..3 + dice.below(4) {
            let whose = 1 + if dice.one_in(2) { number - 1 } else { dice.below(number) };
            self.order(&format!("PO-{number}-{nth}"), whose, &mut dice);
            if dice.one_in(50) {
                let last = self.text.trim_end().rfind('\n').map_or(0, |at| at + 1);
                let again = self.text[last..].to_owned();
                self.text.push_str(&again);
            }
        }
    }

    fn agreement(&mut self, customer: u64, which: u64, dice: &mut Dice) {
        let (programme, number) = licence(self.seed, customer, which);
        let mut contacts = String::new();
        for name in CONTACTS {
            if dice.one_in(3) {
                continue;
            }
            let comma = if contacts.is_empty() { "" } else { ", " };
            let mut address = person(dice, customer);
            if dice.one_in(20) {
                address.make_ascii_uppercase();
            }
            let _ = write!(contacts, r#"{comma}"{name}": "{address}""#);
        }
        let last_year = if dice.one_in(100) { 2020 } else { 2028 };
        let (starts, ends) = (day(dice, 2025), day(dice, last_year));
        let more = if programme == "open-licence" { r#", "authorization_number": "8019735687""# } else { "" };
        self.row(format_args!(
            r#"{{"type": "agreement", "programme": "{programme}", "number": "{number}", "customer": "cust-{customer}", "starts": "{starts}", "ends": "{ends}", "contacts": {{{contacts}}}{more}}}"#
        ));
    }

    fn order(&mut self, id: &str, whose: u64, dice: &mut Dice) {
        let (programme, number) = licence(self.seed, whose, dice.below(agreements(self.seed, whose)));
        let year = if dice.one_in(2) { 2026 } else { 2027 };
        let (purchased, usage_starts) = (day(dice, 2026), day(dice, year));
        let mut lines = String::new();
        for nth in 0..=dice.below(2) {
            let comma = if nth == 0 { "" } else { ", " };
            let (product, ..) = dice.one_of(&PRODUCTS);
            let product = if dice.one_in(200) { "NO-SUCH" } else { product };
            let quantity = dice.one_of(&[1, 5, 25, 250, 10_000]);
            let _ = write!(lines, r#"{comma}{{"product": "{product}", "quantity": {quantity}}}"#);
        }
        let reseller = if dice.one_in(2) { r#", "reseller": "orders@reseller4.example""# } else { "" };
        self.row(format_args!(
            r#"{{"type": "order", "id": "{id}", "programme": "{programme}", "number": "{number}", "purchased": "{purchased}", "usage_starts": "{usage_starts}", "lines": [{lines}]{reseller}}}"#
        ));
    }

    fn row(&mut self, row: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.text, "{row}");
    }
}

fn agreements(seed: u64, customer: u64) -> u64 {
    1 + Dice::new(seed, customer, "agreements").below(3)
}

/// The programme and number of one of a customer's agreements.
fn licence(seed: u64, customer: u64, which: u64) -> (&'static str, String) {
    let programme = Dice::new(seed, customer * 4 + which, "licence").one_of(&PROGRAMMES);
    (programme, format!("{}", 10_000_000 + customer * 4 + which))
}

/// One of a few people of a customer.
fn person(dice: &mut Dice, customer: u64) -> String {
    format!("{}@c{customer}.example", dice.one_of(&FIRST))
}

fn day(dice: &mut Dice, year: i32) -> String {
    format!("{year}-{:02}-{:02}", 1 + dice.below(12), 1 + dice.below(28))
}

/// A generator of numbers (`SplitMix64`) that is the same on every machine and in every version.
struct Dice(u64);

impl Dice {
    /// Dice for one thing of its kind, independent of all others.
    fn new(seed: u64, number: u64, kind: &str) -> Self {
        let mut dice = Self(seed);
        for part in [number, kind.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31) ^ u64::from(byte))] {
            dice.0 = dice.next() ^ part;
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap_or_default()]
    }
}
