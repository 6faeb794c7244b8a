//! Moving an address from one profile to another (REG-09). Whoever proves a mailbox whose address another profile holds may ask for
//! it. Its holder has notice of 72 hours, and ends the move by proving the address again; after that, who asked takes it.
//!
//! A move that waits stands in both profiles, and each step of it writes both. Nothing is done when its time comes: until the
//! mover takes the address, the holder may still prove it again.

use serde::{Deserialize, Serialize};

use crate::{
    limit::{TryAgainAt, hit},
    policy::AddressPolicy,
    proof::Pending,
    proven::{Leaving, Proven},
    when::{Timestamp, add_days, add_hours},
    words::{Address, ProfileId},
};

/// A month, in minutes.
const MONTH: u32 = 30 * 24 * 60;

/// A move, as the profile that asked keeps it; [`Leaving`] is its other side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arriving {
    /// The address.
    pub address: Address,
    /// The profile that holds it.
    pub from: ProfileId,
    /// That profile's business address, masked, as E06 names it.
    pub masked: String,
    /// When it was asked for.
    pub asked: Timestamp,
    /// From then on it may be taken.
    pub due: Timestamp,
    /// And until then.
    pub ends: Timestamp,
    /// The ground: which link and code proved the mailbox.
    pub proof: u32,
    /// The holder proved the address again: it stays where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Timestamp>,
}

/// How far a move has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The notice runs.
    Waits,
    /// It may be taken.
    Ready,
    /// The holder proved the address again.
    Stopped,
    /// Its time is over.
    Over,
}

impl Arriving {
    /// How far it has come: judged at use, to the second.
    pub fn progress(&self, now: Timestamp) -> Progress {
        if self.ends <= now {
            Progress::Over
        } else if self.stopped.is_some() {
            Progress::Stopped
        } else if now < self.due {
            Progress::Waits
        } else {
            Progress::Ready
        }
    }

    /// Whether it is the other side of this.
    pub fn is_of(&self, leaving: &Leaving) -> bool {
        self.asked == leaving.asked
    }

    /// Whether it can still come about, or takes room in a profile until it does.
    pub fn is_open(&self, now: Timestamp) -> bool {
        matches!(self.progress(now), Progress::Waits | Progress::Ready)
    }
}

/// Who takes part in a move: a profile, and its business address masked.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The profile.
    pub profile: &'a ProfileId,
    /// Its business address, masked.
    pub masked: &'a str,
}

/// Why no move is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAsked {
    /// Somebody has asked for one already.
    Waits {
        /// It ends then at the latest.
        until: TryAgainAt,
    },
    /// Too many moves of this person, or of this address.
    TooOften(TryAgainAt),
}

/// Asks for a move, on the ground of a proof that was just presented. From now on the address counts for nothing to its holder,
/// until that person proves it again.
pub fn ask(
    held: &mut Proven,
    mover: &mut Mover<'_>,
    ground: &Pending,
    (from, to): (Side<'_>, Side<'_>),
    now: Timestamp,
    policy: &AddressPolicy,
) -> Result<Arriving, NotAsked> {
    if let Some(other) = held.leaving.as_ref().filter(|leaving| leaving.is_live(now)) {
        return Err(NotAsked::Waits { until: TryAgainAt(other.ends) });
    }
    let mine = hit(*mover.asks, now, MONTH, policy.moves_a_month).map_err(NotAsked::TooOften)?;
    let theirs = hit(held.asks, now, MONTH, policy.moves_a_month_an_address).map_err(NotAsked::TooOften)?;
    let (due, ends) = (add_hours(now, policy.move_hours), add_days(now, policy.move_days));
    *mover.asks = Some(mine);
    held.asks = Some(theirs);
    held.doubted = Some(now);
    held.leaving = Some(Leaving { to: to.profile.clone(), masked: to.masked.to_owned(), asked: now, due, ends });
    let arriving = Arriving {
        address: held.address.clone(),
        from: from.profile.clone(),
        masked: from.masked.to_owned(),
        asked: now,
        due,
        ends,
        proof: ground.generation,
        stopped: None,
    };
    mover.arriving.retain(|other| other.address != arriving.address && other.progress(now) != Progress::Over);
    mover.arriving.push(arriving.clone());
    Ok(arriving)
}

/// What a move changes in the profile that asks for it.
#[derive(Debug)]
pub struct Mover<'a> {
    /// The moves that it asked for.
    pub arriving: &'a mut Vec<Arriving>,
    /// How many in the last 30 days.
    pub asks: &'a mut Option<crate::limit::Window>,
}

/// Why an address is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTaken {
    /// The notice still runs.
    TooEarly {
        /// Until then.
        until: TryAgainAt,
    },
    /// The holder proved the address again, somebody else has it by now, or its time is over.
    Over,
}

/// Who asked takes the address. `held` is what its holder has of it: none where nobody holds it any more. The proof is as old
/// as the ask.
pub fn take(arriving: &Arriving, held: Option<&Proven>, mover: &ProfileId, now: Timestamp) -> Result<Proven, NotTaken> {
    match arriving.progress(now) {
        Progress::Waits => return Err(NotTaken::TooEarly { until: TryAgainAt(arriving.due) }),
        Progress::Stopped | Progress::Over => return Err(NotTaken::Over),
        Progress::Ready => {}
    }
    if let Some(held) = held {
        let leaving = held.leaving.as_ref().filter(|leaving| leaving.to == *mover && arriving.is_of(leaving));
        leaving.ok_or(NotTaken::Over)?;
    }
    let proven = Proven::new(arriving.address.clone(), now, Some(arriving.proof));
    Ok(Proven { renewed: Some(arriving.asked), ..proven })
}

/// The holder proved the address again: what the profile that asked keeps of it.
pub fn stop(all: &mut [Arriving], leaving: &Leaving, address: &Address, now: Timestamp) -> bool {
    let found = all.iter_mut().find(|one| one.address == *address && one.is_of(leaving) && one.stopped.is_none());
    found.map(|one| one.stopped = Some(now)).is_some()
}

/// Who asked wants it no more: what its holder keeps of the address. It still has to be proven again, because somebody else has
/// read its mailbox.
pub fn withdraw(held: &mut Proven, arriving: &Arriving, mover: &ProfileId) -> bool {
    let theirs = |leaving: &Leaving| leaving.to == *mover && arriving.is_of(leaving);
    held.leaving.take_if(|leaving| theirs(leaving)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{limit::Window, proven::Force, when::add_minutes};

    const HOUR: u32 = 60;

    fn at(minutes: u32) -> Timestamp {
        add_minutes("2026-11-22T03:00:00Z".parse().unwrap(), minutes)
    }

    fn id(text: &str) -> ProfileId {
        text.parse().unwrap()
    }

    /// A holder's address, and somebody who asks for it.
    struct Two {
        held: Proven,
        arriving: Vec<Arriving>,
        asks: Option<Window>,
    }

    impl Two {
        fn new() -> Self {
            let held = Proven::new("ann@contoso.example".parse().unwrap(), at(0), None);
            Self { held, arriving: Vec::new(), asks: None }
        }

        fn ask(&mut self, mover: &str, now: Timestamp) -> Result<Arriving, NotAsked> {
            let (from, to) = (id("holder"), id(mover));
            let ground = Pending {
                address: self.held.address.clone(),
                generation: 4,
                expires_at: add_minutes(now, 1),
                session: "here".into(),
                tries: 5,
            };
            let sides = (
                Side { profile: &from, masked: "a•••@contoso.example" },
                Side { profile: &to, masked: "b•••@x.example" },
            );
            let mut mover = Mover { arriving: &mut self.arriving, asks: &mut self.asks };
            ask(&mut self.held, &mut mover, &ground, sides, now, &AddressPolicy::default())
        }

        fn take(&self, now: Timestamp) -> Result<Proven, NotTaken> {
            take(&self.arriving[0], Some(&self.held), &id("mover"), now)
        }
    }

    /// REG-09 a move has 72 hours' notice to the second, then 27 days in which it is made; from the ask on the holder's address
    /// counts for nothing. The mover's proof is as old as the ask.
    #[test]
    fn reg_09_a_move_has_72_hours_notice() {
        let policy = AddressPolicy::default();
        let mut two = Two::new();
        let asked = two.ask("mover", at(10)).unwrap();
        assert_eq!((asked.proof, asked.due, asked.ends), (4, at(10 + 72 * HOUR), at(10 + MONTH)));
        assert_eq!(two.held.force(at(10), &policy), Force::Doubted);
        let early = at(10 + 72 * HOUR).checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
        assert_eq!(two.take(early), Err(NotTaken::TooEarly { until: TryAgainAt(at(10 + 72 * HOUR)) }));
        let taken = two.take(at(10 + 72 * HOUR)).unwrap();
        assert_eq!((taken.at, taken.proven_at(), taken.proof), (at(10 + 72 * HOUR), at(10), Some(4)));
        assert!(taken.counts(at(10 + 179 * 24 * HOUR), &policy) && !taken.counts(at(10 + 180 * 24 * HOUR), &policy));
        assert_eq!(two.take(at(10 + MONTH)), Err(NotTaken::Over), "its time is over");
        assert_eq!(two.held.force(at(10 + 2 * MONTH), &policy), Force::Doubted, "also then the holder proves it first");
    }

    /// REG-09 the holder ends a move by proving the address again, also after the notice, as long as it was not taken.
    #[test]
    fn reg_09_the_holder_stops_a_move_by_proving_again() {
        let mut two = Two::new();
        two.ask("mover", at(0)).unwrap();
        let now = at(80 * HOUR);
        assert!(two.held.wants_renewal(at(1)), "also on the day of the last proof");
        let leaving = two.held.prove(None, now).unwrap();
        assert!(two.held.counts(now, &AddressPolicy::default()));
        assert!(stop(&mut two.arriving, &leaving, &two.held.address, now));
        assert!(!stop(&mut two.arriving, &leaving, &two.held.address, now), "once");
        assert_eq!(two.arriving[0].progress(now), Progress::Stopped);
        assert_eq!(two.take(now), Err(NotTaken::Over));
        two.arriving[0].stopped = None;
        assert_eq!(two.take(now), Err(NotTaken::Over), "the holder's side alone decides as well");
    }

    /// REG-09 of two who ask one waits; nobody takes by another's ask; where nobody holds the address any more, it is free.
    #[test]
    fn reg_09_one_move_waits_at_a_time() {
        let mut two = Two::new();
        two.ask("mover", at(0)).unwrap();
        assert_eq!(two.ask("third", at(1)), Err(NotAsked::Waits { until: TryAgainAt(at(MONTH)) }));
        let now = at(72 * HOUR);
        assert_eq!(take(&two.arriving[0], Some(&two.held), &id("third"), now), Err(NotTaken::Over));
        assert!(take(&two.arriving[0], None, &id("mover"), now).is_ok());
        let other = Proven::new(two.held.address.clone(), at(1), None);
        assert_eq!(
            take(&two.arriving[0], Some(&other), &id("mover"), now),
            Err(NotTaken::Over),
            "proven by somebody since"
        );
    }

    /// REG-09 who asked may withdraw it; the holder still proves the address again.
    #[test]
    fn reg_09_a_withdrawn_move_leaves_the_doubt() {
        let mut two = Two::new();
        let asked = two.ask("mover", at(0)).unwrap();
        assert!(!withdraw(&mut two.held, &asked, &id("third")));
        assert!(withdraw(&mut two.held, &asked, &id("mover")));
        assert_eq!((two.held.leaving.as_ref(), two.held.doubted), (None, Some(at(0))));
        assert!(two.ask("third", at(1)).is_ok(), "the next may ask");
    }

    /// REG-09 SAFE-07 three moves in 30 days a person, and three of an address, whoever asks: then from when on it is taken again.
    #[test]
    fn reg_09_moves_are_limited() {
        let mut two = Two::new();
        for minute in 0..3 {
            two.ask("mover", at(minute)).unwrap();
            assert_eq!(two.arriving.len(), 1, "the newest of an address");
            two.held.prove(None, at(minute));
        }
        let until = TryAgainAt(at(MONTH));
        assert_eq!(two.ask("mover", at(3)), Err(NotAsked::TooOften(until)));
        two.asks = None;
        assert_eq!(two.ask("third", at(3)), Err(NotAsked::TooOften(until)), "of this address");
        let mut other = Two { asks: Some(Window { since: at(0), count: 3 }), ..Two::new() };
        assert_eq!(other.ask("mover", at(3)), Err(NotAsked::TooOften(until)), "of this person");
        assert_eq!(other.held.doubted, None, "what is refused changes nothing");
        assert!(other.ask("mover", at(MONTH)).is_ok());
    }
}
