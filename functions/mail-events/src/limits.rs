//! A mail that a stranger had asked for bounced: its domain's tally and the deployment's say so (REG-05).

use gateway::App;
use licensing::limits::{SHARES, bounced as counted};
use store::{Batch, Error, Failed, Write, marks};

use crate::ATTEMPTS;

/// Strangers have these letters mailed.
const BY_STRANGERS: &str = "sign-in-code|";

/// Counts a bounce. One that is not counted, as others counted at the same time again and again, is one of very many.
pub(crate) async fn bounced(app: &App, mail: &str) -> Result<(), Error> {
    let Some(letter) = app.store.letter(mail).await?.filter(|letter| letter.event.starts_with(BY_STRANGERS)) else {
        return Ok(());
    };
    for _ in 0..ATTEMPTS {
        let now = app.now();
        let [byte] = app.chance.bytes::<1>();
        let (domain, share) = (marks::domain(letter.to.domain()), marks::share(u32::from(byte) % SHARES));
        let got = Batch::default().with(&domain).with(&share).read(&app.store).await?;
        let (mut of_domain, mut of_all) = (got.get(&domain)?.unwrap_or_default(), got.get(&share)?.unwrap_or_default());
        let seen = (of_domain.version, of_all.version);
        counted(&mut of_domain, &mut of_all, now, &app.policy.sign_in);
        let mut write = Write::new();
        write.counted("domain", &app.store, &domain, (seen.0, &of_domain), now);
        write.counted("share", &app.store, &share, (seen.1, &of_all), now);
        match write.commit(&app.store).await {
            Ok(()) => return Ok(()),
            Err(Failed::Lost(_)) => {}
            Err(Failed::Error(error)) => return Err(error),
        }
    }
    Ok(())
}
