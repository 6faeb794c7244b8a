//! Lost answers and crashes: done once or not at all, and asking again settles it (APR-06).

use gateway::testing::faults::{Fault, Faults, Retries};

use super::*;

/// APR-06 whatever fails at whichever call, a repeat with the same key is answered as if nothing had failed, and it is done once.
#[tokio::test]
async fn apr_06_a_change_is_done_once_whatever_fails() {
    let calls = {
        let (bench, notices) = scene().await;
        let way = Faults::on(&bench);
        let app = way.app(Retries::Off);
        way.heal();
        let request = with_key(
            notices.post(path::PERSON_CHANGE, &of("lena@contoso.example", assign(&[Role::Administrator]))),
            "key-00000001",
        );
        assert_eq!(answered(&app, &notices, request).await.0, 200);
        way.calls()
    };
    assert_eq!(calls.len(), 3, "one read, the customer's name, one transaction: {calls:?}");
    for fault in Fault::every(&calls).into_iter().chain(Fault::crashes(&calls)) {
        let (bench, notices) = scene().await;
        let way = Faults::on(&bench);
        let app = way.app(Retries::Off);
        let asked = || {
            let body = of("lena@contoso.example", assign(&[Role::Administrator]));
            with_key(notices.post(path::PERSON_CHANGE, &body), "key-00000001")
        };
        way.plan(fault);
        let (first, _) = answered(&app, &notices, asked()).await;
        assert!([200, 503].contains(&first), "{fault:?}: {first}");
        way.heal();
        let (status, again) = answered(&app, &notices, asked()).await;
        assert_eq!((status, &again["gains"]["roles"]), (200, &json!(["administrator"])), "{fault:?}: {again}");
        assert_eq!(audited(&bench).await, ["people.assigned"], "{fault:?}");
        agrees(&bench).await;
        assert_eq!(held(&bench, "lena").await.map(|held| held.version), Some(1));
    }
}

/// APR-06 the same key with something else is refused.
#[tokio::test]
async fn apr_06_the_same_key_with_something_else_is_refused() {
    let (bench, notices) = scene().await;
    let ask = |role: Role| {
        with_key(notices.post(path::PERSON_CHANGE, &of("lena@contoso.example", assign(&[role]))), "key-00000001")
    };
    let first = call(&bench, &notices, ask(Role::Download)).await;
    assert_eq!(call(&bench, &notices, ask(Role::Download)).await, first);
    assert_eq!(call(&bench, &notices, ask(Role::Administrator)).await.1["code"], "key-reused");
}
