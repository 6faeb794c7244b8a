//! Whoever finds that somebody else wrote in between begins again, a bounded number of times.

use api::Code;
use gateway::{Conflict, answer::answer, answer::ok, optimistic, testing::Bench};
use http::header::RETRY_AFTER;
use store::optimistic::ROUNDS;

/// SAFE-07 who loses begins again and has an answer in the end; what stands in the way for another reason is said at once.
#[tokio::test]
async fn safe_07_a_lost_round_is_begun_again() {
    let bench = Bench::new().await;
    let mut rounds = 0;
    let won = optimistic!(bench.app.store, async {
        rounds += 1;
        if rounds < 4 { Err(Conflict::Lost) } else { Ok(ok(&"mine")) }
    });
    assert_eq!(answer(&bench.app, won).status(), 200);
    assert_eq!(rounds, 4);

    let mut rounds = 0;
    let refused = optimistic!(bench.app.store, async {
        rounds += 1;
        Err::<(), _>(Conflict::from(Code::NotAllowed))
    });
    assert!(refused.is_err());
    assert_eq!(rounds, 1);
}

/// SAFE-07 who loses every round is told that others are changing the same, and when to try again.
#[tokio::test]
async fn safe_07_who_loses_every_round_is_told_to_try_again() {
    let bench = Bench::new().await;
    let mut rounds = 0;
    let lost = optimistic!(bench.app.store, async {
        rounds += 1;
        Err(Conflict::Lost)
    });
    let said = answer(&bench.app, lost);
    assert_eq!(rounds, ROUNDS);
    assert_eq!(said.status(), 503);
    let problem: serde_json::Value = serde_json::from_slice(said.body()).expect("a problem");
    assert_eq!(problem["code"], "busy");
    let wait = said.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok());
    assert!(wait.and_then(|wait| wait.parse::<u32>().ok()).is_some_and(|wait| wait >= 1), "{wait:?}");
}
