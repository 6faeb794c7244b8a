//! Who reads a letter: in which language, and whether mail reaches the person at all.

use std::collections::BTreeMap;

use gateway::App;
use licensing::{Address, reach::Reach};
use store::{Batch, Error, licences, people};

/// What has to be known of a person before writing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reader {
    /// The language of the person's profile; none for who has none.
    pub(crate) language: Option<String>,
    /// What is known of the address, if mail to it failed or was unwanted.
    pub(crate) reach: Option<Reach>,
}

/// What is known of the people with these addresses: one read, and another for those who have a profile.
pub(crate) async fn readers<'a>(
    app: &App,
    addresses: impl IntoIterator<Item = &'a Address>,
) -> Result<BTreeMap<Address, Reader>, Error> {
    let slots: Vec<_> = addresses
        .into_iter()
        .map(|address| (address.clone(), people::owner(address), licences::suppression(address)))
        .collect();
    if slots.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut batch = Batch::default();
    for (_, owner, suppression) in &slots {
        batch.add(owner);
        batch.add(suppression);
    }
    let got = batch.read(&app.store).await?;

    let mut readers = BTreeMap::new();
    let mut owned = Vec::new();
    let mut batch = Batch::default();
    for (address, owner, suppression) in slots {
        if let Some(owner) = got.get(&owner)? {
            let profile = people::profile(&owner.profile);
            batch.add(&profile);
            owned.push((address.clone(), profile));
        }
        readers.insert(address, Reader { language: None, reach: got.get(&suppression)? });
    }
    let got = batch.read(&app.store).await?;
    for (address, profile) in owned {
        if let (Some(profile), Some(reader)) = (got.get(&profile)?, readers.get_mut(&address)) {
            reader.language = Some(profile.language).filter(|language| !language.is_empty());
        }
    }
    Ok(readers)
}
