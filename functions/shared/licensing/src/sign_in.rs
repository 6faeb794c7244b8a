//! Signing in with a mailed code or link (REG-03 … REG-05), and sessions (REG-12).

use serde::{Deserialize, Serialize};

use crate::{
    limit::{TryAgainAt, Window, hit, is_beyond, live},
    policy::{SessionPolicy, SignInPolicy},
    when::{Timestamp, add_hours, add_minutes},
};

/// What is known of signing in with one address, from strangers' browsers together or from one familiar browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Attempts {
    /// The code that was mailed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The number of the newest code. It only ever rises, also after these attempts were forgotten: it is never below the
    /// second in which the code was made, so that no old mail's code or link comes to life again.
    #[serde(default)]
    pub generation: u32,
    /// How many code mails there were ever, so that each has a name of its own.
    #[serde(default)]
    pub mails: u32,
    /// Mails in the last hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Window>,
    /// The same by the network that asked: never more of them than mails, and each only for its hour.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<FromNetwork>,
    /// Wrong codes in the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Window>,
    /// Rises with each change: the condition of the next write.
    #[serde(default)]
    pub version: u64,
}

/// A code that was mailed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// It signs in until then.
    pub expires_at: Timestamp,
    /// So many tries are left.
    pub tries: u32,
    /// The hash of the secret of the browser that asked last: there the mailed link signs in at once.
    pub browser: String,
    /// So many mails carry it.
    #[serde(default = "one")]
    pub mails: u32,
}

const fn one() -> u32 {
    1
}

/// Mails that were asked for from one network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FromNetwork {
    /// Which, under a name that only the functions know.
    pub network: String,
    /// How many.
    pub asked: Window,
    /// The newest code that it had mailed.
    pub generation: u32,
}

/// What comes of asking for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeOutcome {
    /// It is mailed: what is stored next.
    Mailed(Attempts),
    /// It was mailed often enough, at the request of others, and is good: it lies in the mailbox, and nothing is stored.
    InTheMailbox,
}

/// What a person presents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// Six digits, compared already.
    Code {
        /// Whether they are the right ones for the newest generation.
        right: bool,
    },
    /// The mailed link of this generation.
    Link {
        /// Which code's mail it came in.
        generation: u32,
        /// Whether this browser asked, or the person typed the address that the link belongs to.
        address_confirmed: bool,
    },
}

/// Why a person is not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSignedIn {
    /// The digits are wrong; so many tries are left.
    WrongCode {
        /// Tries left.
        left: u32,
    },
    /// There is no live code: it ran out, was used, or a newer one was mailed.
    NoCode,
    /// The code was tried too often; the mailed link still signs in.
    TriedTooOften,
    /// Too many wrong codes today; the mailed link still signs in.
    LinkOnly {
        /// From then on codes work again.
        until: TryAgainAt,
    },
    /// The link was opened in another browser: the address has to be typed first.
    TypeAddress,
}

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;

impl Attempts {
    /// A code is asked for from a network. A living code is mailed again, not replaced.
    ///
    /// Others can't use up a person's mails: once half of an hour's mails are sent, each further code is mailed once, so that
    /// there is a good code in the mailbox at any time, and whoever asks from elsewhere is told that it is there.
    pub fn ask(
        mut self,
        now: Timestamp,
        browser: String,
        network: &str,
        policy: &SignInPolicy,
    ) -> Result<CodeOutcome, TryAgainAt> {
        self.networks.retain(|from| live(Some(from.asked), now, HOUR).is_some());
        let here = self.networks.iter().find(|from| from.network == network);
        let from_here = hit(here.map(|from| from.asked), now, HOUR, policy.mails_an_hour_from_a_network);
        let asked = hit(self.asked, now, HOUR, policy.mails_an_hour);
        let (from_here, asked) = match &mut self.code {
            Some(code) if now < code.expires_at && !is_beyond(code.expires_at, now) && code.tries > 0 => {
                let sent = live(self.asked, now, HOUR).map_or(0, |window| window.count);
                let enough = code.mails >= policy.mails_a_code || sent >= policy.mails_an_hour / 2;
                let until = TryAgainAt(code.expires_at);
                let counted = from_here.and_then(|here| Ok((here, asked?)));
                match counted {
                    Ok(counted) if !enough => {
                        code.browser = browser;
                        code.mails += 1;
                        counted
                    }
                    // Whoever had this very code mailed is told when there is a new one.
                    refused if here.is_some_and(|from| from.generation == self.generation) => {
                        return Err(refused.err().unwrap_or(until));
                    }
                    _ => return Ok(CodeOutcome::InTheMailbox),
                }
            }
            _ => {
                let counted = (from_here?, asked?);
                let second = u32::try_from(now.as_second()).unwrap_or_default();
                self.generation = second.max(self.generation.saturating_add(1));
                let expires_at = add_minutes(now, policy.code_minutes);
                self.code = Some(Code { expires_at, tries: policy.tries, browser, mails: 1 });
                counted
            }
        };
        self.asked = Some(asked);
        self.networks.retain(|from| from.network != network);
        self.networks.push(FromNetwork { network: network.to_owned(), asked: from_here, generation: self.generation });
        self.mails += 1;
        self.version += 1;
        Ok(CodeOutcome::Mailed(self))
    }

    /// How many mails of the last hour nobody answered yet, and how many of them were asked for from this network: signing in
    /// gives them back.
    pub fn unanswered(&self, network: &str, now: Timestamp) -> (u32, u32) {
        let count = |window: Option<Window>| live(window, now, HOUR).map_or(0, |window| window.count);
        let here = self.networks.iter().find(|from| from.network == network);
        (count(self.asked), count(here.map(|from| from.asked)))
    }

    /// Something is presented: what is stored next, and whether it signs in. The state is stored in either case, so that
    /// tries are counted whoever makes them. `digits` says whether digits are taken at all from where they come.
    pub fn present(
        mut self,
        presented: Presented,
        digits: Result<(), TryAgainAt>,
        now: Timestamp,
        policy: &SignInPolicy,
    ) -> (Self, Result<(), NotSignedIn>) {
        let outcome = self.judge(presented, digits, now, policy);
        match outcome {
            Ok(()) => {
                self.code = None;
                self.failed = None;
                self.asked = None;
                self.networks.clear();
            }
            Err(NotSignedIn::WrongCode { left }) => {
                if let Some(code) = &mut self.code {
                    code.tries = left;
                }
                let count = live(self.failed, now, DAY).map_or(0, |window| window.count);
                let since = live(self.failed, now, DAY).map_or(now, |window| window.since);
                self.failed = Some(Window { since, count: count + 1 });
            }
            Err(_) => return (self, outcome),
        }
        self.version += 1;
        (self, outcome)
    }

    fn judge(
        &self,
        presented: Presented,
        digits: Result<(), TryAgainAt>,
        now: Timestamp,
        policy: &SignInPolicy,
    ) -> Result<(), NotSignedIn> {
        let code = self.code.as_ref().filter(|code| now < code.expires_at).ok_or(NotSignedIn::NoCode)?;
        match presented {
            Presented::Link { generation, .. } if generation != self.generation => Err(NotSignedIn::NoCode),
            Presented::Link { address_confirmed: false, .. } => Err(NotSignedIn::TypeAddress),
            Presented::Link { .. } => Ok(()),
            Presented::Code { right } => {
                let failed = live(self.failed, now, DAY).filter(|window| window.count >= policy.failures_a_day);
                let until = failed.map(|window| add_minutes(window.since, DAY));
                let until = until.max(digits.err().map(|TryAgainAt(at)| at));
                if let Some(until) = until {
                    return Err(NotSignedIn::LinkOnly { until: TryAgainAt(until) });
                }
                match (code.tries, right) {
                    (0, _) => Err(NotSignedIn::TriedTooOften),
                    (_, true) => Ok(()),
                    (tries, false) => Err(NotSignedIn::WrongCode { left: tries - 1 }),
                }
            }
        }
    }
}

/// A session as it is stored; the secret only lives in the cookie.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// When the person signed in.
    pub since: Timestamp,
    /// The last request that was noted.
    pub seen: Timestamp,
    /// By which address.
    pub address: crate::Address,
    /// What the browser calls itself, shortened.
    pub browser: String,
    /// The profile's epoch when the session began: once that rises, all earlier sessions have ended.
    #[serde(default)]
    pub epoch: u32,
    /// The session has ended by then, whatever is set later. None in sessions that began before this field existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Another one took its place: it serves a moment longer, for a browser that missed the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moved>,
    /// The one whose place it took, which ends with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// What took a session's place (REG-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// When.
    pub at: Timestamp,
    /// The name of the new session.
    pub to: String,
    /// With the old secret it makes the new one: whoever still holds the old cookie is given the new one again.
    pub salt: String,
}

/// Clocks of different machines may differ by so much, minutes.
const CLOCKS_DIFFER: u32 = 5;

impl Session {
    /// When it ends if nothing more is asked: idle time or total time, whichever is first (REG-12).
    pub fn ends_at(&self, policy: &SessionPolicy) -> Timestamp {
        self.ends_at_latest(policy).min(add_hours(self.seen, policy.idle_hours))
    }

    /// When it ends however much is asked.
    pub fn ends_at_latest(&self, policy: &SessionPolicy) -> Timestamp {
        self.until.unwrap_or_else(|| add_hours(self.since, policy.hours))
    }

    /// Whether it holds: judged at use, to the second, at both ends. One that was begun or noted while the clock was ahead
    /// would otherwise live longer than any; and one whose place another took serves for a moment only.
    pub fn is_live(&self, now: Timestamp, policy: &SessionPolicy) -> bool {
        let soon = add_minutes(now, CLOCKS_DIFFER);
        let has_begun = self.since <= soon && self.seen <= soon;
        let serves = self.moved.as_ref().is_none_or(|moved| now < add_minutes(moved.at, policy.after_rotation_minutes));
        has_begun && serves && now < self.ends_at(policy)
    }

    /// Whether this request is worth a write (REG-12).
    pub fn wants_touch(&self, now: Timestamp, policy: &SessionPolicy) -> bool {
        now >= add_minutes(self.seen, policy.touch_minutes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: u32) -> Timestamp {
        add_minutes("2026-11-22T03:00:00Z".parse().unwrap(), minutes)
    }

    fn asked(minutes: u32) -> Attempts {
        mailed(&Attempts::default(), minutes, "here").unwrap()
    }

    /// After asking from a network, with the defaults; the mail goes out.
    fn mailed(before: &Attempts, minutes: u32, network: &str) -> Result<Attempts, TryAgainAt> {
        match before.clone().ask(at(minutes), "b".into(), network, &SignInPolicy::default())? {
            CodeOutcome::Mailed(after) => Ok(after),
            CodeOutcome::InTheMailbox => panic!("it is mailed"),
        }
    }

    const WRONG: Presented = Presented::Code { right: false };
    const RIGHT: Presented = Presented::Code { right: true };

    /// REG-03 ten minutes, to the second.
    #[test]
    fn reg_03_a_code_lives_ten_minutes() {
        let policy = SignInPolicy::default();
        let just_before = at(10).checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
        assert_eq!(asked(0).present(RIGHT, Ok(()), just_before, &policy).1, Ok(()));
        assert_eq!(asked(0).present(RIGHT, Ok(()), at(10), &policy).1, Err(NotSignedIn::NoCode));
    }

    /// REG-03 five tries, then even the right digits fail; single use.
    #[test]
    fn reg_03_five_tries_and_single_use() {
        let policy = SignInPolicy::default();
        let mut state = asked(0);
        for left in (0..5).rev() {
            let (next, outcome) = state.present(WRONG, Ok(()), at(1), &policy);
            assert_eq!(outcome, Err(NotSignedIn::WrongCode { left }));
            state = next;
        }
        let link = Presented::Link { generation: state.generation, address_confirmed: true };
        assert_eq!(state.clone().present(RIGHT, Ok(()), at(1), &policy).1, Err(NotSignedIn::TriedTooOften));
        assert_eq!(state.present(link, Ok(()), at(1), &policy).1, Ok(()), "the link of the same mail");

        let (used, outcome) = asked(0).present(RIGHT, Ok(()), at(1), &policy);
        assert_eq!(outcome, Ok(()));
        assert_eq!(used.present(RIGHT, Ok(()), at(1), &policy).1, Err(NotSignedIn::NoCode));
    }

    /// REG-03 asking again while a code lives mails the same one, in a mail of its own.
    #[test]
    fn reg_03_a_living_code_is_mailed_again() {
        let first = asked(0);
        let again = mailed(&first, 9, "here").unwrap();
        assert_eq!((again.generation, again.mails), (first.generation, first.mails + 1));
        assert_eq!(again.code.as_ref().unwrap().expires_at, at(10));
        let later = mailed(&again, 10, "here").unwrap();
        assert!(later.generation > first.generation);
    }

    /// REG-03 SAFE-04 once the attempts are forgotten, the next code has a number that no old mail had.
    #[test]
    fn reg_03_an_old_mail_never_comes_to_life_again() {
        let forgotten_and_asked_again = asked(60 * 24 * 40);
        assert!(forgotten_and_asked_again.generation > asked(0).generation + 20);
        let policy = SignInPolicy { tries: 1, ..SignInPolicy::default() };
        let dead = asked(0).present(WRONG, Ok(()), at(0), &policy).0;
        let dead = Attempts { code: dead.code.map(|code| Code { tries: 0, ..code }), ..dead };
        assert_eq!(mailed(&dead, 0, "here").unwrap().generation, asked(0).generation + 1, "in the same second");
    }

    /// REG-03 the link in an older code's mail is dead, also while a newer code lives.
    #[test]
    fn reg_03_a_link_of_an_older_code_is_dead() {
        let policy = SignInPolicy::default();
        let newer = mailed(&asked(0), 10, "here").unwrap();
        let link = |generation| Presented::Link { generation, address_confirmed: true };
        assert_eq!(
            newer.clone().present(link(asked(0).generation), Ok(()), at(11), &policy).1,
            Err(NotSignedIn::NoCode)
        );
        assert_eq!(newer.clone().present(link(newer.generation), Ok(()), at(11), &policy).1, Ok(()));
    }

    /// REG-05 each change is written on condition of what was read, so that of two guesses at once none goes uncounted.
    #[test]
    fn reg_05_each_change_is_told_from_the_one_before() {
        let policy = SignInPolicy::default();
        let first = asked(0);
        let again = mailed(&first, 1, "here").unwrap();
        let wrong = again.clone().present(WRONG, Ok(()), at(2), &policy).0;
        let right = wrong.clone().present(RIGHT, Ok(()), at(3), &policy).0;
        assert_eq!([first.version, again.version, wrong.version, right.version], [1, 2, 3, 4]);
        assert_eq!((first.mails, again.mails, right.mails), (1, 2, 2));
        assert_eq!((right.code, right.failed, right.asked), (None, None, None), "who is in starts anew");
    }

    /// REG-03 the link signs in where it was asked for; elsewhere the address is typed first.
    #[test]
    fn reg_03_the_link_in_another_browser_asks_for_the_address() {
        let policy = SignInPolicy::default();
        let generation = asked(0).generation;
        let link = |address_confirmed| Presented::Link { generation, address_confirmed };
        let (same, outcome) = asked(0).present(link(false), Ok(()), at(1), &policy);
        assert_eq!(outcome, Err(NotSignedIn::TypeAddress));
        assert_eq!(same, asked(0), "asking for the address costs nothing");
        assert_eq!(same.present(link(true), Ok(()), at(1), &policy).1, Ok(()));
    }

    /// REG-05 from one network five mails an hour, three of them with one code.
    #[test]
    fn reg_05_from_one_network_five_mails_an_hour() {
        let mut state = asked(0);
        for minute in [1, 2] {
            state = mailed(&state, minute, "here").unwrap();
        }
        assert_eq!(mailed(&state, 9, "here"), Err(TryAgainAt(at(10))), "three with this code");
        for minute in [10, 11] {
            state = mailed(&state, minute, "here").unwrap();
        }
        assert_eq!(mailed(&state, 12, "here"), Err(TryAgainAt(at(60))));
        assert_eq!(mailed(&state, 59, "here"), Err(TryAgainAt(at(60))));
        assert!(mailed(&state, 60, "here").is_ok());
    }

    /// REG-05 whatever others ask for, from however many networks, there is a good code in the mailbox at every moment of the
    /// hour, and who asks for it is told so; no more than twelve mails carry it.
    #[test]
    fn reg_05_nobody_uses_up_another_persons_mails() {
        let policy = SignInPolicy::default();
        let (mut state, mut mails) = (Attempts::default(), 0);
        for second in 0..3600 {
            let now = at(0).checked_add(jiff::SignedDuration::from_secs(second)).unwrap();
            match state.clone().ask(now, "b".into(), &format!("network {second}"), &policy) {
                Ok(CodeOutcome::Mailed(after)) => (state, mails) = (after, mails + 1),
                Ok(CodeOutcome::InTheMailbox) => {}
                Err(refused) => panic!("{second}: {refused:?}"),
            }
            let person = state.clone().ask(now, "p".into(), "home", &policy);
            assert!(matches!(person, Ok(CodeOutcome::InTheMailbox | CodeOutcome::Mailed(_))), "{second}: {person:?}");
            assert_eq!(state.clone().present(RIGHT, Ok(()), now, &policy).1, Ok(()), "{second}");
        }
        assert!((6..=12).contains(&mails), "{mails}");
        assert!(state.networks.len() <= 12, "what is remembered of networks is bounded");
    }

    /// REG-05 where a code lives and was mailed often enough, only who had it mailed is asked to wait.
    #[test]
    fn reg_05_who_asks_from_elsewhere_finds_the_code_in_the_mailbox() {
        let policy = SignInPolicy::default();
        let state = mailed(&mailed(&asked(0), 1, "here").unwrap(), 2, "here").unwrap();
        let asks = |network| state.clone().ask(at(3), "p".into(), network, &policy);
        assert_eq!(asks("here"), Err(TryAgainAt(at(10))));
        assert_eq!(asks("elsewhere"), Ok(CodeOutcome::InTheMailbox));
        assert_eq!(state.unanswered("here", at(3)), (3, 3));
        assert_eq!(state.unanswered("elsewhere", at(3)), (3, 0));
        assert_eq!(state.unanswered("here", at(60)), (0, 0));
        let new_code = state.ask(at(10), "p".into(), "elsewhere", &policy);
        assert!(matches!(new_code, Ok(CodeOutcome::Mailed(_))), "others' mails are not held against it");
    }

    /// REG-05 after twenty failed codes a day only the mailed link signs in.
    #[test]
    fn reg_05_after_twenty_failures_only_the_link_signs_in() {
        let policy = SignInPolicy::default();
        let mut state = Attempts::default();
        for round in 0..4 {
            state = mailed(&state, round, "here").unwrap();
            for _ in 0..5 {
                state = state.present(WRONG, Ok(()), at(round), &policy).0;
            }
        }
        state = mailed(&state, 5, "here").unwrap();
        let until = TryAgainAt("2026-11-23T03:00:00Z".parse().unwrap());
        assert_eq!(state.clone().present(RIGHT, Ok(()), at(5), &policy).1, Err(NotSignedIn::LinkOnly { until }));
        let next_day = mailed(&state, 24 * 60, "here").unwrap();
        assert_eq!(next_day.present(RIGHT, Ok(()), until.0, &policy).1, Ok(()));
        let link = Presented::Link { generation: state.generation, address_confirmed: true };
        let elsewhere = asked(5).present(RIGHT, Err(until), at(5), &policy).1;
        assert_eq!(elsewhere, Err(NotSignedIn::LinkOnly { until }), "likewise where too many come from");
        assert_eq!(state.present(link, Ok(()), at(5), &policy).1, Ok(()));
    }

    /// REG-12 twelve hours, two idle, noted at most every ten minutes.
    #[test]
    fn reg_12_a_session_ends_after_two_idle_or_twelve_hours() {
        let policy = SessionPolicy::default();
        let session = |seen| Session {
            since: at(0),
            seen: at(seen),
            address: "a@b.example".parse().unwrap(),
            browser: String::new(),
            epoch: 0,
            until: None,
            moved: None,
            before: None,
        };
        assert!(session(0).is_live(at(119), &policy) && !session(0).is_live(at(120), &policy));
        assert!(session(11 * 60 + 59).is_live(at(719), &policy) && !session(11 * 60 + 59).is_live(at(720), &policy));
        assert!(!session(0).wants_touch(at(9), &policy) && session(0).wants_touch(at(10), &policy));
    }

    /// REG-12 a session that was begun, or noted, while the clock was ahead lives no longer than others: it does not hold until
    /// the clock gets there, and its end is that of its beginning.
    #[test]
    fn reg_12_a_clock_that_was_ahead_gives_nobody_a_longer_session() {
        let policy = SessionPolicy::default();
        let ahead = Session {
            since: at(24 * 60),
            seen: at(24 * 60),
            address: "a@b.example".parse().unwrap(),
            browser: String::new(),
            epoch: 0,
            until: Some(at(36 * 60)),
            moved: None,
            before: None,
        };
        assert!(!ahead.is_live(at(0), &policy) && !ahead.is_live(at(24 * 60 - 6), &policy));
        assert!(ahead.is_live(at(24 * 60 - 5), &policy), "clocks of two machines differ a little");
        let noted = Session { since: at(0), until: Some(at(720)), seen: at(600), ..ahead.clone() };
        assert!(!noted.is_live(at(300), &policy) && noted.is_live(at(595), &policy));
        let shorter = Session { since: at(0), seen: at(0), until: Some(at(60)), ..ahead };
        assert!(shorter.is_live(at(59), &policy) && !shorter.is_live(at(60), &policy), "the end is stored with it");
        let longer = SessionPolicy { hours: 24, idle_hours: 24, ..policy };
        let begun = Session { until: Some(at(720)), ..noted };
        assert!(!begun.is_live(at(720), &longer), "and is not moved by another policy");
    }

    /// REG-12 a session whose place another took serves for a minute, to the second.
    #[test]
    fn reg_12_an_old_session_serves_for_a_minute() {
        let policy = SessionPolicy::default();
        let moved = Session {
            since: at(0),
            seen: at(0),
            address: "a@b.example".parse().unwrap(),
            browser: String::new(),
            epoch: 0,
            until: Some(at(720)),
            moved: Some(Moved { at: at(10), to: "new".into(), salt: "s".into() }),
            before: None,
        };
        let just_before = at(11).checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
        assert!(moved.is_live(just_before, &policy) && !moved.is_live(at(11), &policy));
    }
}
