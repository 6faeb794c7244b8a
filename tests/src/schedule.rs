//! The schedule expressions of EventBridge: `rate(5 minutes)`, `cron(0 8 ? * MON *)`, `at(2026-11-22T03:00:00)`.
//!
//! Linters and the stand-in for AWS take any text for one; AWS refuses the deployment.

/// What is wrong with an expression.
pub fn fault(expression: &str) -> Option<String> {
    let inner = expression.strip_suffix(')').and_then(|text| text.split_once('('));
    let Some((kind, inner)) = inner else {
        return Some("it is not of the form rate(…), cron(…) or at(…)".into());
    };
    match kind {
        "rate" => rate_fault(inner),
        "cron" => cron_fault(inner),
        "at" => (!is_time(inner)).then(|| "at(…) takes a time such as 2026-11-22T03:00:00".into()),
        _ => Some(format!("{kind}(…) is not one of rate, cron, at")),
    }
}

fn rate_fault(inner: &str) -> Option<String> {
    let Some((value, unit)) = inner.split_once(' ') else { return Some("rate(…) takes a number and a unit".into()) };
    let Some(value) = whole(value).filter(|value| *value > 0) else {
        return Some(format!("{value} is not a whole number above 0"));
    };
    let units = if value == 1 { ["minute", "hour", "day"] } else { ["minutes", "hours", "days"] };
    (!units.contains(&unit)).then(|| format!("with {value}, the unit is one of {}, not {unit:?}", units.join(", ")))
}

/// A field of `cron(…)`: its name, its range, names for its values, and whether `?`, `L`, `W` and `#` mean something in it.
struct Field {
    name: &'static str,
    range: (u32, u32),
    names: &'static [&'static str],
    is_day: bool,
}

const FIELDS: [Field; 6] = [
    Field { name: "minutes", range: (0, 59), names: &[], is_day: false },
    Field { name: "hours", range: (0, 23), names: &[], is_day: false },
    Field { name: "day of the month", range: (1, 31), names: &[], is_day: true },
    Field {
        name: "month",
        range: (1, 12),
        names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
        is_day: false,
    },
    Field {
        name: "day of the week",
        range: (1, 7),
        names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
        is_day: true,
    },
    Field { name: "year", range: (1970, 2199), names: &[], is_day: false },
];

fn cron_fault(inner: &str) -> Option<String> {
    let parts: Vec<&str> = inner.split(' ').collect();
    if parts.len() != FIELDS.len() {
        return Some(format!("cron(…) takes six fields, not {}", parts.len()));
    }
    for (part, field) in parts.iter().zip(&FIELDS) {
        if !part.split(',').all(|one| field.takes(one)) {
            return Some(format!("{part:?} is no {}", field.name));
        }
    }
    let open = [parts[2], parts[4]].iter().filter(|part| **part == "?").count();
    (open != 1).then(|| "exactly one of the two days is `?`".into())
}

impl Field {
    /// `*`, a value, a range, and either with a step; of days also `?`, `L`, `LW`, `15W`, `FRIL`, `MON#2`.
    fn takes(&self, text: &str) -> bool {
        if self.is_day && self.takes_day(text) {
            return true;
        }
        let (of, step) = text.split_once('/').map_or((text, None), |(of, step)| (of, Some(step)));
        if step.is_some_and(|step| whole(step).is_none_or(|step| step == 0)) {
            return false;
        }
        match of.split_once('-') {
            None => of == "*" || self.value(of).is_some(),
            Some((from, to)) => self.value(from).zip(self.value(to)).is_some_and(|(from, to)| from <= to),
        }
    }

    fn takes_day(&self, text: &str) -> bool {
        let is_month = self.names.is_empty();
        let nth = |text: &str| whole(text).is_some_and(|nth| (1..=5).contains(&nth));
        text == "?"
            || text == "L"
            || (is_month && (text == "LW" || text.strip_suffix('W').is_some_and(|day| self.value(day).is_some())))
            || (!is_month && text.strip_suffix('L').is_some_and(|day| self.value(day).is_some()))
            || (!is_month && text.split_once('#').is_some_and(|(day, at)| self.value(day).is_some() && nth(at)))
    }

    fn value(&self, text: &str) -> Option<u32> {
        let (from, to) = self.range;
        let named = self.names.iter().zip(from..).find(|(name, _)| **name == text).map(|(_, value)| value);
        named.or_else(|| whole(text).filter(|value| (from..=to).contains(value)))
    }
}

fn is_time(text: &str) -> bool {
    // As long as this, and a time that there is.
    text.len() == "2026-11-22T03:00:00".len() && text.parse::<jiff::civil::DateTime>().is_ok()
}

/// Digits and nothing else.
fn whole(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::fault;

    /// EXP-01 what AWS takes is taken, and what it refuses is named: invented units, singular and plural, impossible fields.
    #[test]
    fn exp_01_a_schedule_that_aws_refuses_is_refused() {
        for good in [
            "rate(1 minute)",
            "rate(5 minutes)",
            "rate(12 hours)",
            "rate(1 day)",
            "cron(0 8 ? * MON-FRI *)",
            "cron(*/15 0-23/2 1,15 JAN,JUL ? 2026-2030)",
            "cron(0 10 L * ? *)",
            "cron(0 10 15W * ? *)",
            "cron(0 10 ? * FRIL *)",
            "cron(0 10 ? * 2#1 *)",
            "at(2026-11-22T03:00:00)",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "rate(5 minute)",
            "rate(1 minutes)",
            "rate(5 fortnights)",
            "rate(5 seconds)",
            "rate(0 minutes)",
            "rate(-5 minutes)",
            "rate(+5 minutes)",
            "rate(1.5 hours)",
            "rate(five minutes)",
            "rate(5  minutes)",
            "rate( 5 minutes)",
            "rate(5minutes)",
            "rate(5 Minutes)",
            "rate(minutes)",
            "rate()",
            "every(5 minutes)",
            "5 minutes",
            "rate(5 minutes",
            "",
            "cron(0 8 * * *)",
            "cron(0 8 * * * *)",
            "cron(0 8 ? * ? *)",
            "cron(60 8 * * ? *)",
            "cron(0 24 * * ? *)",
            "cron(0 8 0 * ? *)",
            "cron(0 8 * 13 ? *)",
            "cron(0 8 ? * MOON *)",
            "cron(0 8 ? * 2#6 *)",
            "cron(0 8 ? * FRI-MON *)",
            "cron(0/0 8 * * ? *)",
            "cron(0 8 * * ? 1969)",
            "cron(? 8 * * ? *)",
            "at(2026-11-31T03:00:00)",
            "at(2026-11-22)",
            "at(2026-11-22T03:00:00Z)",
            "at(tomorrow)",
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }
}
