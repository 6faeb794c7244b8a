//! Figures beside their targets.

use std::{fmt, process::ExitCode};

/// What was measured so far.
#[derive(Debug, Default)]
pub struct Figures {
    missed: u32,
}

impl Figures {
    /// A measurement that begins.
    pub fn of(what: &str) -> Self {
        println!("{what}");
        Self::default()
    }

    /// A figure without a target.
    pub fn note(&self, what: &str, value: impl fmt::Display) {
        println!("  {what:<52} {value:>14}");
    }

    /// A figure that is to be at most so much.
    pub fn at_most(&mut self, what: &str, value: f64, most: f64, unit: &str) {
        self.line(what, value, &format!("at most {}", short(most)), unit, value <= most);
    }

    /// A figure that is to be at least so much.
    pub fn at_least(&mut self, what: &str, value: f64, least: f64, unit: &str) {
        self.line(what, value, &format!("at least {}", short(least)), unit, value >= least);
    }

    /// A figure that is to be exactly this.
    pub fn exactly(&mut self, what: &str, value: f64, wanted: f64, unit: &str) {
        self.line(what, value, &format!("exactly {}", short(wanted)), unit, (value - wanted).abs() < 1e-9);
    }

    fn line(&mut self, what: &str, value: f64, target: &str, unit: &str, met: bool) {
        self.missed += u32::from(!met);
        let verdict = if met { "" } else { "   MISSED" };
        println!("  {what:<52} {:>14}   ({target}){verdict}", format!("{} {unit}", short(value)));
    }

    /// Whether all targets were met.
    pub fn verdict(self) -> ExitCode {
        if self.missed == 0 {
            return ExitCode::SUCCESS;
        }
        println!("  {} missed", self.missed);
        ExitCode::FAILURE
    }
}

/// A number as people read it: whole where it is whole or large, with two digits after the point where it is small.
pub fn short(value: f64) -> String {
    let digits = if value.fract() == 0.0 || value.abs() >= 1000.0 { 0 } else { 2 };
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_once('.').map_or((text.as_str(), String::new()), |(w, r)| (w, format!(".{r}")));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let groups: Vec<String> =
        whole.as_bytes().rchunks(3).rev().map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    format!("{sign}{}{rest}", groups.join(","))
}
