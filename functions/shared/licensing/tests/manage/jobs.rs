//! Jobs: each row once, wherever its runner is killed; and undone.

use licensing::{
    access::Holder,
    activation::Person,
    job::{Became, Counts, Job, JobRefused, JobRow, Origin, State, Step},
    manage::{Change, Outcome, Refused},
    request::Asked,
    roles::Role,
    when::add_days,
};
use proptest::{prelude::*, sample::select};
use serde_json::json;

use crate::desk::{ANN, BOB, CAT, Desk, NEW, address, assign, date, now, until};

use Role::{Administrator, Download, LicensingInfo, ProductKeys};

fn ann() -> Person {
    Person { profile: ANN.parse().unwrap(), address: address(ANN) }
}

/// A job with its rows, as they are stored.
#[derive(Debug, Clone, PartialEq)]
struct Stored {
    job: Job,
    rows: Vec<JobRow>,
}

impl Stored {
    fn of(changes: &[(&str, Change)]) -> Self {
        let rows: Vec<JobRow> = (0..)
            .zip(changes)
            .map(|(place, (who, change))| JobRow {
                place,
                row: Some(place + 2),
                licence: "enterprise/100".parse().unwrap(),
                address: address(who),
                change: change.clone(),
                comment: String::new(),
                became: Became::Waiting,
            })
            .collect();
        let count = u32::try_from(rows.len()).unwrap();
        Self { job: Job::new("job-1".into(), ann(), Origin::File, count, now()), rows }
    }

    /// What a runner would write that read the job and its row now.
    fn step(&self, desk: &Desk, by: &str) -> Option<Result<Step, JobRefused>> {
        let row = &self.rows[usize::try_from(self.job.turn()?).unwrap()];
        Some(desk.with(by, row.address.as_str(), |managing| match self.job.state {
            State::Undoing { .. } => self.job.take_back(row, managing),
            _ => self.job.take(row, managing),
        }))
    }

    /// Writes a step, if the job is still as it was read. Whether it was.
    fn commit(&mut self, desk: &mut Desk, step: &Step) -> bool {
        if step.seen != self.job.version {
            return false;
        }
        if let Some(changed) = &step.changed {
            desk.write(step.row.address.as_str(), Outcome::Changed(changed.clone()));
        }
        self.job = step.job.clone();
        self.rows[usize::try_from(step.row.place).unwrap()] = step.row.clone();
        true
    }

    fn run(&mut self, desk: &mut Desk) {
        while let Some(step) = self.step(desk, ANN) {
            assert!(self.commit(desk, &step.unwrap()));
        }
    }

    fn undo(&mut self, desk: &mut Desk) {
        self.job = self.job.undo(desk.now, &desk.policy).unwrap();
        self.run(desk);
    }
}

/// APR-07 each row is judged by itself: one that is refused stops no other, and the report says of each what became of it.
#[test]
fn apr_07_a_job_takes_each_row_and_reports_it() {
    let mut desk = Desk::of_ann().holding(0, CAT, &[Download], None);
    let mut stored = Stored::of(&[
        (BOB, assign(&[Download])),
        (CAT, assign(&[Download])),
        (ANN, Change::Remove),
        (NEW, assign(&[LicensingInfo])),
        (CAT, Change::Remove),
    ]);
    assert_eq!((stored.job.progress(), stored.job.turn()), ((0, 5), Some(0)));
    stored.run(&mut desk);
    let became: Vec<&str> = stored
        .rows
        .iter()
        .map(|row| match &row.became {
            Became::Waiting => "waiting",
            Became::Changed { .. } => "changed",
            Became::Unchanged { .. } => "unchanged",
            Became::Refused { why, .. } => {
                assert_eq!(*why, Refused::Own);
                "refused"
            }
            Became::Undone { .. } | Became::NotUndone { .. } => "undone",
        })
        .collect();
    assert_eq!(became, ["changed", "unchanged", "refused", "changed", "changed"]);
    assert_eq!(stored.job.counts, Counts { changed: 3, unchanged: 1, refused: 1, ..Counts::default() });
    assert_eq!((stored.job.progress(), stored.job.state.clone()), ((5, 5), State::Done { at: now(), next: 5 }));
    assert_eq!((desk.roles(BOB), desk.roles(CAT), desk.roles(NEW)), (vec![Download], vec![], vec![LicensingInfo]));
    let empty = Stored::of(&[]);
    assert_eq!((empty.job.turn(), empty.job.progress()), (None, (0, 0)));
}

/// APR-07 a job is judged by what whoever asked may do when a row's turn comes: removed half way, they change nothing more.
#[test]
fn apr_07_who_is_no_administrator_any_more_changes_nothing_more() {
    let mut desk = Desk::of_ann().holding(0, CAT, &[Administrator], None);
    let mut stored = Stored::of(&[(BOB, assign(&[Download])), (NEW, assign(&[Download]))]);
    let step = stored.step(&desk, ANN).unwrap().unwrap();
    stored.commit(&mut desk, &step);
    desk.done(CAT, ANN, &Change::Remove);
    stored.run(&mut desk);
    assert!(matches!(stored.rows[1].became, Became::Refused { why: Refused::NotYours, .. }));
    assert!(desk.roles(NEW).is_empty());
}

/// APR-07 a row is taken when it is its turn, and once: another runner's step does not fit any more.
#[test]
fn apr_07_a_row_is_taken_once() {
    let mut desk = Desk::of_ann();
    let mut stored = Stored::of(&[(BOB, assign(&[Download])), (CAT, assign(&[Download]))]);
    let [first, twin] = [(); 2].map(|()| stored.step(&desk, ANN).unwrap().unwrap());
    let before = stored.clone();
    assert!(stored.commit(&mut desk, &first) && !stored.commit(&mut desk, &twin));
    let take = |stored: &Stored, row: &JobRow| desk.with(ANN, row.address.as_str(), |it| stored.job.take(row, it));
    assert_eq!(take(&stored, &before.rows[0]), Err(JobRefused::NotItsTurn), "it was taken");
    assert_eq!(take(&stored, &JobRow { place: 1, ..stored.rows[0].clone() }), Err(JobRefused::NotItsTurn));
    assert_eq!(take(&before, &before.rows[1]), Err(JobRefused::NotItsTurn), "the first comes first");
    let back = desk.with(ANN, BOB, |it| stored.job.take_back(&stored.rows[0], it));
    assert_eq!(back, Err(JobRefused::NotItsTurn), "it still runs");
}

/// APR-07 undo goes from the last row to the first and restores exactly what the job changed, also where rows are about the same
/// person; what somebody changed since stays, and is told.
#[test]
fn apr_07_undo_restores_all_but_what_was_changed_since() {
    let mut desk = Desk::of_ann().holding(0, CAT, &[LicensingInfo], None);
    let before = desk.clone();
    let assign_until = |role: Role, day: &str| Change::Assign { roles: until(&[role], day), listings_count: false };
    let mut stored = Stored::of(&[
        (BOB, assign_until(Download, "2027-01-31")),
        (BOB, assign_until(Download, "2027-02-28")),
        (NEW, assign(&[ProductKeys])),
        (CAT, Change::Remove),
        (ANN, Change::Remove),
    ]);
    stored.run(&mut desk);
    assert_eq!(desk.access(BOB).until(Download), Some(date("2027-02-28")));
    let mut changed_since = (desk.clone(), stored.clone());
    stored.undo(&mut desk);
    assert_eq!((stored.job.counts.undone, stored.job.counts.not_undone), (4, 0));
    assert_eq!((stored.job.state.clone(), stored.job.progress()), (State::Undone { at: now() }, (5, 5)));
    assert!(matches!(stored.rows[4].became, Became::Refused { .. }), "what was refused stays so in the report");
    for who in [ANN, BOB, CAT, NEW] {
        assert_eq!(desk.held(who), before.held(who), "{who}");
    }
    assert_eq!(stored.job.undo(now(), &desk.policy), Err(JobRefused::Undone));

    let (desk, stored) = (&mut changed_since.0, &mut changed_since.1);
    desk.done(ANN, CAT, &assign(&[Download]));
    desk.registered.insert(address(NEW), now());
    desk.holder(0, NEW).settle(Some(now()), now());
    stored.undo(desk);
    assert_eq!((stored.job.counts.undone, stored.job.counts.not_undone), (3, 1));
    assert!(matches!(stored.rows[3].became, Became::NotUndone { why: Refused::ChangedSince, .. }));
    assert_eq!((desk.roles(CAT), desk.roles(NEW)), (vec![Download], vec![]), "who only registered is undone");
}

/// APR-07 a job is stopped where it is, and undone for seven days, to the second; not while it runs.
#[test]
fn apr_07_a_job_is_undone_for_seven_days() {
    let mut desk = Desk::of_ann();
    let mut stored = Stored::of(&[(BOB, assign(&[Download])), (CAT, assign(&[Download]))]);
    assert_eq!(
        (stored.job.undo(now(), &desk.policy), stored.job.undo_until(&desk.policy)),
        (Err(JobRefused::Running), None)
    );
    let step = stored.step(&desk, ANN).unwrap().unwrap();
    stored.commit(&mut desk, &step);
    stored.job = stored.job.stop(now()).unwrap();
    assert_eq!(
        (stored.job.stop(now()), stored.job.turn(), stored.job.progress()),
        (Err(JobRefused::NotItsTurn), None, (1, 2))
    );
    let until = add_days(now(), 7);
    assert_eq!(stored.job.undo_until(&desk.policy), Some(until));
    assert_eq!(stored.job.undo(until, &desk.policy), Err(JobRefused::TooLate(until)));
    desk.now = until.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap();
    stored.undo(&mut desk);
    assert_eq!((desk.held(BOB), stored.rows[1].became.clone()), (Holder::default(), Became::Waiting));
    let mut nothing = Stored::of(&[(BOB, assign(&[Download]))]);
    nothing.job = nothing.job.stop(now()).unwrap().undo(now(), &desk.policy).unwrap();
    assert_eq!(nothing.job.state, State::Undone { at: now() });
}

/// APR-07 what is stored of a job and its rows is written and read; the forms are stable.
#[test]
fn apr_07_what_is_stored_of_a_job_is_read_again() {
    let mut desk = Desk::of_ann().holding(0, CAT, &[Download], None);
    let mut stored = Stored::of(&[(CAT, Change::Remove), (ANN, Change::Remove), (CAT, assign(&[Download]))]);
    stored.run(&mut desk);
    stored.job = stored.job.undo(now(), &desk.policy).unwrap();
    assert_eq!(serde_json::from_value::<Job>(serde_json::to_value(&stored.job).unwrap()).unwrap(), stored.job);
    for row in &stored.rows {
        assert_eq!(serde_json::from_value::<JobRow>(serde_json::to_value(row).unwrap()).unwrap(), *row);
    }
    let refused = serde_json::to_value(&stored.rows[1]).unwrap();
    assert_eq!(refused["became"], json!({"name": "refused", "at": "2026-11-22T12:00:00Z", "why": {"name": "own"}}));
    assert_eq!(refused["change"], json!({"name": "remove"}));
    assert_eq!(
        serde_json::to_value(&stored.job).unwrap()["state"],
        json!({"name": "undoing", "left": 3, "since": "2026-11-22T12:00:00Z"})
    );
}

fn any_change() -> impl Strategy<Value = (&'static str, Change)> {
    let roles = || prop::collection::btree_set(select(&[Administrator, Download, ProductKeys][..]), 1..3);
    let until = || prop::option::of(select(&["2026-12-31", "2027-01-31"][..]));
    let asked = move || {
        (roles(), until()).prop_map(|(roles, until)| Asked { roles, until: until.map(date), ..Asked::default() })
    };
    let change = prop_oneof![
        3 => asked().prop_map(|roles| Change::Assign { roles, listings_count: false }),
        1 => asked().prop_map(|roles| Change::Edit { roles: vec![roles] }),
        2 => Just(Change::Remove),
    ];
    (select(&[ANN, BOB, CAT, NEW][..]), change)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// APR-07 whatever a job asks for, and wherever two runners are killed or overtake each other: what is left, the report and the
    /// counts are those of one runner that was never killed, progress never goes back, and undone all is as it was before.
    #[test]
    fn apr_07_each_row_is_taken_once_whoever_runs(
        changes in prop::collection::vec(any_change(), 0..8),
        runs in prop::collection::vec((any::<bool>(), any::<bool>()), 40),
    ) {
        let begin = Desk::of_ann().holding(0, BOB, &[Administrator, Download], Some("2027-01-31")).holding(0, CAT, &[Administrator], None);
        let mut alone = (Stored::of(&changes), begin.clone());
        alone.0.run(&mut alone.1);
        let (mut stored, mut desk) = (Stored::of(&changes), begin.clone());
        // What each of two runners has worked out and not written yet.
        let mut held: [Option<Step>; 2] = [None, None];
        let mut progress = 0;
        for (which, is_killed) in runs {
            let slot = &mut held[usize::from(which)];
            match slot.take() {
                Some(step) if !is_killed => { stored.commit(&mut desk, &step); }
                Some(_) => {}
                None => *slot = stored.step(&desk, ANN).map(|step| step.unwrap()),
            }
            prop_assert!(stored.job.progress().0 >= progress);
            progress = stored.job.progress().0;
        }
        stored.run(&mut desk);
        prop_assert_eq!(&stored.rows, &alone.0.rows);
        prop_assert_eq!(stored.job.counts, alone.0.job.counts);
        let counts = stored.job.counts;
        prop_assert_eq!(counts.changed + counts.unchanged + counts.refused, stored.job.rows);
        for who in [ANN, BOB, CAT, NEW] {
            prop_assert_eq!(desk.held(who), alone.1.held(who));
        }
        stored.undo(&mut desk);
        // Ann changes nothing of herself, so she may undo all of it.
        prop_assert_eq!((stored.job.counts.undone, stored.job.counts.not_undone), (counts.changed, 0));
        for who in [ANN, BOB, CAT, NEW] {
            prop_assert_eq!(desk.held(who), begin.held(who));
        }
    }
}
