//! What became of rows.

/// What became of the rows so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Rows that were read, blank ones not counted.
    pub rows: u64,
    /// Rows that changed something.
    pub taken: u64,
    /// Rows that are stored like this already.
    pub unchanged: u64,
    /// Rows that can't be taken.
    pub refused: u64,
    /// What the import format prints, as JSON: an object a refused row and, in a dry run, one an order line; where every
    /// row is reported, one for each of the others as well.
    pub lines: Vec<String>,
    /// Contacts at public mail providers, and what else people are told of a row.
    pub warnings: Vec<String>,
}

impl Loaded {
    /// Adds what became of further rows.
    pub fn add(&mut self, more: Self) {
        self.rows += more.rows;
        self.taken += more.taken;
        self.unchanged += more.unchanged;
        self.refused += more.refused;
        self.lines.extend(more.lines);
        self.warnings.extend(more.warnings);
    }
}
