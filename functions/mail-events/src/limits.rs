//! An email to an address that somebody had typed bounced: the tallies of its domain and of the deployment count it (REG-05).

use gateway::{App, optimistic};
use licensing::limits::{SHARES, bounced as counted};
use store::{Batch, Error, Write, marks};

/// These letters go to whatever address somebody types, so their bounces say that addresses are made up (REG-05, REG-07).
const TO_TYPED_ADDRESSES: [&str; 2] = ["sign-in-code|", "prove-address|"];

/// Counts a bounce. One that is not counted, as others counted at the same time again and again, is one of very many.
pub(crate) async fn bounced(app: &App, mail: &str) -> Result<(), Error> {
    let counts = |event: &str| TO_TYPED_ADDRESSES.iter().any(|kind| event.starts_with(kind));
    let Some(letter) = app.store.letter(mail).await?.filter(|letter| counts(&letter.event)) else { return Ok(()) };
    let counted = optimistic!(app.store, async {
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
        write.commit(&app.store).await
    });
    match counted {
        Err(Error::Busy) => Ok(()),
        counted => counted,
    }
}
