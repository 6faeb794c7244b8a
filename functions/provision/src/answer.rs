//! What an answer of somebody else's host means.

use licensing::{
    Timestamp,
    when::{add_hours, retry_after},
    words::is_hidden,
};
use outside::{Answer, Trouble};
use serde_json::Value;

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// It is done.
    Done,
    /// It is being done: ask again.
    AtWork,
    /// No, for good.
    No {
        /// In short.
        short: String,
        /// Why, in its own words.
        reason: String,
    },
    /// Nothing that counts as an answer: ask again.
    Nothing(String),
}

/// A host may ask to be left alone for so long, hours; what it asks beyond that is cut.
const LONGEST_WAIT: u32 = 24;

/// Before when a host wants no further call: it is overloaded, or we call too often (LINK-11).
pub(crate) fn not_before(answer: &Result<Answer, Trouble>, now: Timestamp) -> Option<Timestamp> {
    let answer = answer.as_ref().ok().filter(|answer| matches!(answer.status, 429 | 503))?;
    Some(retry_after(answer.retry_after.as_deref()?, now)?.min(add_hours(now, LONGEST_WAIT)))
}

/// Whether a host says that there will never be anybody there again.
pub(crate) fn is_gone(answer: &Result<Answer, Trouble>) -> bool {
    answer.as_ref().is_ok_and(|answer| answer.status == 410)
}

/// A reason is shown to people: not longer than this, characters.
const LONGEST_REASON: usize = 300;

impl Said {
    pub(crate) fn of(answer: Result<Answer, Trouble>) -> Self {
        let answer = match answer {
            Ok(answer) => answer,
            Err(trouble) => return Self::Nothing(trouble.to_string()),
        };
        let short = format!("the host answered {}", answer.status);
        match answer.status {
            202 => Self::AtWork,
            200..=299 => Self::Done,
            300..=399 => Self::Nothing(format!("{short}: redirects are not followed")),
            // Not in time, too early, too much: none of them is a no.
            408 | 425 | 429 => Self::Nothing(short),
            400..=499 => Self::No { reason: reason(&answer).unwrap_or_else(|| short.clone()), short },
            _ => Self::Nothing(short),
        }
    }
}

/// The reason that an answer gives: of a problem document or the like its words, else its text; plain and short, for it is
/// somebody else's text on our pages.
fn reason(answer: &Answer) -> Option<String> {
    let text = if answer.is_json {
        let json: Value = serde_json::from_str(&answer.text).ok()?;
        ["detail", "reason", "message", "title", "error"]
            .iter()
            .find_map(|name| Some(json.get(name)?.as_str()?.to_owned()))?
    } else if answer.text.trim_start().starts_with('<') {
        return None;
    } else {
        answer.text.clone()
    };
    let plain: String = text.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut short: String = plain.chars().take(LONGEST_REASON).collect();
    if short.len() < plain.len() {
        short.push('…');
    }
    (!short.is_empty()).then_some(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, is_json: bool, text: &str) -> Said {
        Said::of(Ok(Answer { status, is_json, text: text.into(), retry_after: None }))
    }

    /// LINK-11 which answers are a yes, which a no, and which are none.
    #[test]
    fn link_11_an_answer_is_yes_no_or_ask_again() {
        for status in [200, 201, 204, 299] {
            assert_eq!(said(status, false, "anything"), Said::Done);
        }
        assert_eq!(said(202, false, ""), Said::AtWork);
        for status in [100, 301, 302, 307, 308, 408, 425, 429, 500, 502, 503, 599] {
            assert!(matches!(said(status, false, "no"), Said::Nothing(_)), "{status}");
        }
        for status in [400, 401, 403, 404, 409, 410, 422, 451] {
            assert!(matches!(said(status, false, "no"), Said::No { .. }), "{status}");
        }
        for trouble in [Trouble::NotPublic, Trouble::TooSlow, Trouble::NoSuchName, Trouble::NotTrusted] {
            assert!(matches!(Said::of(Err(trouble)), Said::Nothing(_)));
        }
    }

    /// LINK-11 what a host says of when to call again is kept where it may say so, in seconds or as a date, for a day at most.
    #[test]
    fn link_11_a_host_says_when_to_call_again() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let until = |status, wait: Option<&str>| {
            let answer = Answer { status, is_json: false, text: String::new(), retry_after: wait.map(Into::into) };
            not_before(&Ok(answer), now).map(|at| at.to_string())
        };
        let said = |at: &str| Some(at.to_owned());
        for status in [429, 503] {
            assert_eq!(until(status, Some("3600")), said("2026-11-22T11:00:00Z"));
            assert_eq!(until(status, Some("Sun, 22 Nov 2026 12:30:00 GMT")), said("2026-11-22T12:30:00Z"));
            assert_eq!(until(status, Some("999999999999999999999")), said("2026-11-23T10:00:00Z"));
            assert_eq!(until(status, Some("Tue, 22 Nov 2039 12:30:00 GMT")), said("2026-11-23T10:00:00Z"));
            for nothing in [None, Some(""), Some("soon"), Some("-5"), Some("3.5")] {
                assert_eq!(until(status, nothing), None, "{nothing:?}");
            }
        }
        for status in [200, 202, 400, 410, 500] {
            assert_eq!(until(status, Some("3600")), None, "{status}");
        }
        assert_eq!(not_before(&Err(Trouble::TooSlow), now), None);
    }

    /// LINK-11 a reason is plain text, and short.
    #[test]
    fn link_11_a_reason_is_plain_and_short() {
        let because = |is_json, text: &str| match said(422, is_json, text) {
            Said::No { reason, .. } => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(because(true, r#"{"title":"No","detail":"No seats\r\n left\u202e."}"#), "No seats left .");
        assert_eq!(because(false, "No seats left.\n"), "No seats left.");
        for nothing in ["", " \n", "<html>no</html>"] {
            assert_eq!(because(false, nothing), "the host answered 422");
        }
        for nothing in ["{", "[]", r#"{"detail":5}"#] {
            assert_eq!(because(true, nothing), "the host answered 422");
        }
        assert_eq!(because(false, &"é".repeat(5000)).chars().count(), 301);
    }
}
