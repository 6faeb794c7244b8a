//! What a person may do about a Licensing ID's activations, judged no further up than it takes: the nearest reason that is enough
//! decides, so agreements above are read only for those who have none nearer (ROLE-04).

use licensing::{Address, rights::Rights};
use store::{Error, standing::Loaded};

use crate::App;

/// The rights of a person with these proven addresses: of the Licensing ID alone if they are enough, else with the agreements
/// above, one read for each. `loaded` holds what was read, so that the change can be conditioned on it.
pub async fn rights(
    app: &App,
    loaded: &mut Option<Loaded>,
    proven: &[Address],
    enough: impl Fn(&Rights) -> bool,
) -> Result<Rights, Error> {
    let now = app.now();
    loop {
        let Some(read) = loaded.take() else { return Ok(Rights::default()) };
        let rights = Rights::by(&read.standing(), proven, now);
        if enough(&rights) {
            *loaded = Some(read);
            return Ok(rights);
        }
        let (read, more) = app.store.with_above(read).await?;
        *loaded = Some(read);
        if !more {
            return Ok(rights);
        }
    }
}
