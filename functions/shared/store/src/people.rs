//! People: profiles, the owners of addresses, sign-in attempts, sessions.

use licensing::{
    Address, Country, ProfileId, Timestamp,
    access::Holder,
    limits::KnownBrowser,
    moving::Arriving,
    policy::{AddressPolicy, KnownPolicy, SessionPolicy},
    proven::is_fresh,
    sign_in::{Attempts, Session},
    when::add_days,
};
pub use licensing::{
    proof::{Pending, Refusal},
    proven::Proven,
};
use serde::{Deserialize, Serialize};

use crate::{Error, Slot, Store, Table, Write, from_item, left_out, read::Query, text, write::expires};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its key.
    pub profile: ProfileId,
    /// First name, may be empty.
    #[serde(default)]
    pub first_name: String,
    /// Last name, may be empty.
    #[serde(default)]
    pub last_name: String,
    /// `en` or `de`.
    #[serde(default)]
    pub language: String,
    /// May be empty.
    #[serde(default)]
    pub phone: String,
    /// The organisation's country, once confirmed (REG-06).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// Proven addresses, the oldest first.
    pub addresses: Vec<Proven>,
    /// Addresses whose proof is on the way (REG-07).
    #[serde(default)]
    pub pending: Vec<Pending>,
    /// Addresses that other profiles hold, and that this one asked to have (REG-09).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arriving: Vec<Arriving>,
    /// How many it asked for in the last 30 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<licensing::limit::Window>,
    /// Addresses whose readers said that they had not asked (REG-07).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refusal>,
    /// The number of the newest proof link; it only ever rises.
    #[serde(default)]
    pub proof_generation: u32,
    /// Proof links mailed in the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proofs: Option<licensing::limit::Window>,
    /// Wrong codes for further addresses in the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proofs_failed: Option<licensing::limit::Window>,
    /// Changes of the fields above that were saved in the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saves: Option<licensing::limit::Window>,
    /// Rises when the person signs out everywhere: sessions of an earlier epoch have ended, however many there are.
    #[serde(default)]
    pub epoch: u32,
    /// Browsers in which the person signed in before, the oldest first (REG-05).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub browsers: Vec<KnownBrowser>,
    /// Since when.
    pub since: Timestamp,
    /// Rises with each change: the condition of the next write.
    pub version: u64,
}

/// Whose an address is (REG-09).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The profile.
    pub profile: ProfileId,
    /// When that person proved it last, as their profile says as well; none where an earlier release noted the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proven: Option<Timestamp>,
    /// Whether another profile asked to have it since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubted: bool,
}

impl Owner {
    /// Of an address that was proven then.
    pub const fn new(profile: ProfileId, proven: Timestamp) -> Self {
        Self { profile, proven: Some(proven), doubted: false }
    }

    /// Whether the address counts for its person, as the profile would say (REG-09).
    pub fn counts(&self, now: Timestamp, policy: &AddressPolicy) -> bool {
        !self.doubted && self.proven.is_none_or(|proven| is_fresh(proven, now, policy))
    }
}

impl Profile {
    /// Whether a session of this profile still holds: judged at use, to the second. It ends with the address by which it was
    /// begun, also where that was proven anew later.
    pub fn holds(&self, session: &Session, now: Timestamp, policy: &SessionPolicy) -> bool {
        let begun_by = |proven: &Proven| proven.address == session.address && proven.at <= session.since;
        session.epoch == self.epoch && session.is_live(now, policy) && self.addresses.iter().any(begun_by)
    }

    /// Whether a browser is known as one in which the person signed in by this address.
    pub fn knows(&self, device: &str, address: &Address, now: Timestamp, policy: &KnownPolicy) -> bool {
        KnownBrowser::is_among(&self.browsers, device, now, policy)
            && self.addresses.iter().any(|proven| proven.address == *address)
    }

    /// What was asked for in one session goes on in the one that takes its place.
    pub fn hand_over(&mut self, from: &str, to: &str) {
        for pending in self.pending.iter_mut().filter(|pending| pending.session == from) {
            to.clone_into(&mut pending.session);
        }
    }

    /// First and last name as one text; empty if there is neither.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// All addresses that are the profile's, whether they count or not: by which its person is known.
    pub fn held(&self) -> Vec<Address> {
        self.addresses.iter().map(|proven| proven.address.clone()).collect()
    }

    /// Those that count now: what they may do, the person may do (REG-09).
    pub fn proven(&self, now: Timestamp, policy: &AddressPolicy) -> Vec<Address> {
        let counting = self.addresses.iter().filter(|proven| proven.counts(now, policy));
        counting.map(|proven| proven.address.clone()).collect()
    }

    /// One of the profile's addresses.
    pub fn holding(&self, address: &Address) -> Option<&Proven> {
        self.addresses.iter().find(|proven| proven.address == *address)
    }

    /// The same, to be changed.
    pub fn holding_mut(&mut self, address: &Address) -> Option<&mut Proven> {
        self.addresses.iter_mut().find(|proven| proven.address == *address)
    }

    /// Its business address as others are shown it: masked. Empty where it has none.
    pub fn masked(&self) -> String {
        self.addresses.first().map(|proven| proven.address.masked()).unwrap_or_default()
    }
}

/// The slot of a profile.
pub fn profile(id: &ProfileId) -> Slot<Profile> {
    Slot::new(Table::People, format!("profile#{id}"), Some("profile".into()))
}

/// The slot of a session: beside its profile, so that both are read together. `id` is the hash of its secret.
pub fn session(profile: &ProfileId, id: &str) -> Slot<Session> {
    Slot::new(Table::People, format!("profile#{profile}"), Some(format!("session#{id}")))
}

/// The slot of an address's owner.
pub fn owner(address: &Address) -> Slot<Owner> {
    Slot::new(Table::People, format!("address#{}", address.as_str()), Some("owner".into()))
}

/// The slot of the sign-in attempts with an address: of strangers' browsers (`device` empty) or of one familiar browser.
pub fn attempts(address: &Address, device: &str) -> Slot<Attempts> {
    Slot::new(Table::People, format!("address#{}", address.as_str()), Some(format!("attempts#{device}")))
}

impl Write {
    /// Attempts as they are now; what is stored must still be what was read.
    pub fn attempts(
        &mut self,
        store: &Store,
        address: &Address,
        device: &str,
        seen: Option<&Attempts>,
        after: &Attempts,
        now: Timestamp,
    ) {
        // Kept well beyond the longest limit (a day), then forgotten. The generation never starts again: it follows the clock.
        let extra = vec![expires(add_days(now, 30))];
        self.put_version("attempts", store, &attempts(address, device), after, seen.map(|seen| seen.version), extra);
    }

    /// A profile as it is now; what is stored must still have the version that was read.
    pub fn profile(&mut self, store: &Store, seen: Option<u64>, after: &Profile) {
        self.put_version("profile", store, &profile(&after.profile), after, seen, vec![]);
    }

    /// An address that was proven then becomes a profile's; lost if it is somebody's already.
    pub fn owner(&mut self, store: &Store, address: &Address, of: &ProfileId, proven: Timestamp) {
        self.put_new("owner", store, &owner(address), &Owner::new(of.clone(), proven), vec![]);
    }

    /// What is known of an address's owner changes, or it is another; lost if it is not `before`'s any more.
    pub fn owner_after(&mut self, store: &Store, address: &Address, before: &ProfileId, after: &Owner) {
        let slot = owner(address);
        let put = Self::put_of(store, &slot, after, vec![])
            .on_condition("#p = :before")
            .name("#p", "profile")
            .value(":before", text(before.as_str()))
            .showing_what_is_stored();
        self.push("owner", &slot, &put);
    }

    /// Requires that an address still belongs to this profile.
    pub fn check_owner(&mut self, store: &Store, address: &Address, of: &ProfileId) {
        self.check_text("owner", store, &owner(address), "profile", of.as_str());
    }

    /// Requires that an address is still nobody's.
    pub fn check_unowned(&mut self, store: &Store, address: &Address) {
        self.check_absent("owner", store, &owner(address));
    }

    /// An address is nobody's any more.
    pub fn disown(&mut self, store: &Store, address: &Address) {
        self.delete(store, &owner(address));
    }

    /// A session: a new one, or one whose place another takes.
    pub fn session(&mut self, store: &Store, of: &ProfileId, id: &str, new: &Session, policy: &SessionPolicy) {
        // Deleted a day after the latest time at which it can still be live.
        let end = add_days(new.ends_at_latest(policy), 1);
        self.put(store, &session(of, id), new, vec![expires(end)]);
    }

    /// A session ends.
    pub fn end_session(&mut self, store: &Store, of: &ProfileId, id: &str) {
        self.delete(store, &session(of, id));
    }
}

impl Store {
    /// Since when an address is somebody's: its owner says when it was proven last. Only where that may be a renewal of an earlier
    /// proof, and it makes a difference, the profile is read: for an invitation that the first proof was in time for (APR-08).
    pub async fn registered_since(
        &self,
        address: &Address,
        owner: Option<&Owner>,
        holder: Option<&Holder>,
    ) -> Result<Option<Timestamp>, Error> {
        let Some(owner) = owner else { return Ok(None) };
        // An earlier release noted the owner, long ago.
        let Some(proven) = owner.proven else { return Ok(Some(Timestamp::UNIX_EPOCH)) };
        let invitation = holder.and_then(|holder| holder.invitation.as_ref());
        if invitation.is_none_or(|invitation| proven < invitation.ends_at) {
            return Ok(Some(proven));
        }
        let profile = self.get(&profile(&owner.profile)).await?;
        let first = profile.and_then(|profile| profile.holding(address).map(|proven| proven.at));
        Ok(Some(first.unwrap_or(proven)))
    }

    /// The sessions of a profile with their ids.
    pub async fn sessions_of(&self, of: &ProfileId) -> Result<Vec<(String, Session)>, Error> {
        self.query_all(Query::of(Table::People, format!("profile#{of}")).beginning_with("session#"))
            .await?
            .into_iter()
            .filter_map(|item| {
                let id = item
                    .get("item")
                    .and_then(|value| value.as_s().ok())
                    .map(|name| name["session#".len()..].to_owned());
                let session = left_out(Table::People, from_item(item)).transpose()?;
                Some(session.map(|session| (id.unwrap_or_default(), session)))
            })
            .collect()
    }

    /// Notes that a session was used; one that has ended meanwhile stays ended.
    pub async fn touch_session(&self, of: &ProfileId, id: &str, now: Timestamp) -> Result<(), Error> {
        let update = self
            .client()
            .update_item()
            .table_name(self.name(Table::People))
            .set_key(Some(session(of, id).key()))
            .update_expression("SET seen = :n")
            .condition_expression("attribute_exists(person)")
            .expression_attribute_values(":n", text(now.to_string()));
        self.update_one(update).await.map(drop)
    }

    /// Ends a session here and now.
    pub async fn end_session(&self, of: &ProfileId, id: &str) -> Result<(), Error> {
        self.delete(Table::People, &format!("profile#{of}"), Some(&format!("session#{id}"))).await
    }
}
