//! Several at once, in every order (ROLE-08).

use futures_util::FutureExt;
use gateway::testing::{
    faults::{Faults, Retries},
    interleavings::Orders,
};
use licensing::access::leaving::guards;

use super::*;

/// ROLE-08 APR-07 two Administrators remove each other, in every order: one of them remains, and all that is said agrees.
#[tokio::test]
async fn role_08_two_who_remove_each_other_do_not_both() {
    let mut orders = Orders::default();
    while orders.more() {
        let bench = Bench::new().await;
        bench.contoso_with([].into()).await;
        let names = ["ann@contoso.example", "bob@contoso.example"];
        let mut people = Vec::new();
        for name in names {
            people.push(bench.signed_in(&[name]).await);
            loaded_with(&bench, name, |holder| {
                let grant = licensing::access::Grant {
                    by: licensing::access::By::Row,
                    at: bench.app.now(),
                    until: None,
                    scheme: None,
                };
                holder.assign([Role::Administrator], &[].into(), false, &grant);
            })
            .await;
        }
        let ways = [Faults::on(&bench), Faults::on(&bench)];
        let work = [0, 1].map(|nth: usize| {
            let app = ways[nth].app(Retries::Off);
            let request = with_key(
                people[nth].post(path::PERSON_CHANGE, &of(names[1 - nth], PersonChange::Remove)),
                "key-00000001",
            );
            async move {
                let response: Response = manage_users::handle(&app, request).await;
                response.status().as_u16()
            }
            .boxed()
        });
        let answers = orders.run([&ways[0], &ways[1]], work).await;
        let what = format!("{:?}: {answers:?}", orders.taken());
        let done = answers.iter().filter(|status| **status == 200).count();
        assert_eq!(done, 1, "{what}");
        let (standing, now) = (standing_now(&bench).await, bench.app.now());
        let left = standing.administrators(now);
        assert_eq!(left.iter().filter(|address| guards(&standing.of(address, now))).count(), 1, "{what}");
        assert_eq!(audited(&bench).await, ["people.removed"], "{what}");
        agrees(&bench).await;
    }
    assert!(orders.tried() >= 6, "{}", orders.tried());
}
