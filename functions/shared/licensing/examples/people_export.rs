//! Writes our own file of people, one for each number that stands on a line of standard input: what
//! `tests/data/people-files/make.sh` gives to spreadsheet programs.

use std::io::{self, Read, Write};

use licensing::{
    Licence, Programme,
    people_file::{Action, Administered, Line, head, line},
    request::Asked,
    roles::Role,
};

fn main() -> io::Result<()> {
    let mut numbers = String::new();
    io::stdin().read_to_string(&mut numbers)?;
    let licence = |number: &str| number.parse().map(|number| Licence { programme: Programme::Select, number });
    let licences: Result<Vec<Licence>, _> = numbers.lines().map(licence).collect();
    let licences = licences.map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, format!("{why:?}")))?;
    let administered = Administered::new(&licences);
    let mut out = io::stdout().lock();
    out.write_all(head().as_bytes())?;
    for (at, licence) in licences.iter().enumerate() {
        let address = format!("p{:03}@contoso.example", at + 1);
        let asked = Line {
            address: address.parse().map_err(|why| io::Error::other(format!("{why:?}")))?,
            licence: licence.clone(),
            action: Action::Assign,
            roles: Asked { roles: [Role::Download].into(), ..Asked::default() },
            listings_count: false,
            comment: String::new(),
        };
        out.write_all(line(&asked, &administered).as_bytes())?;
    }
    Ok(())
}
