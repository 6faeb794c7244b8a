//! Activation links, the wizard, Manage activations and "Where is my activation?" (ACT, LINK).

use licensing::{AccountId, ContactName, Licence, ProductKind, Sku, judge::Rule};
pub use licensing::{
    activation::LinkState,
    explain::{Cure, MailState},
    phase::Phase,
};
use serde::{Deserialize, Serialize};

pub use crate::target::{Target, Which};
use crate::{Instant, joins::Joining};

/// What an activation link's page shows, to anyone (LINK-01): never the full Licensing ID or an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkShown {
    /// Who publishes.
    pub publisher: String,
    /// The product.
    pub product_name: String,
    /// The organisation, from the Licensing ID.
    pub customer_name: String,
    /// Seats or units.
    pub quantity: u64,
    /// How far it has come (LINK-08).
    pub state: LinkState,
    /// The link's end, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    /// When it was activated, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Instant>,
    /// Whether setting it up takes longer than usual (LINK-11).
    #[serde(default)]
    pub takes_long: bool,
}

/// A mail is on its way; to whom is masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailed {
    /// The address, masked.
    pub to: String,
    /// The link's end.
    pub expires_at: Instant,
}

/// The organisation account on which it is activated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// One that exists.
    Existing(AccountId),
    /// A new one of this name; the person becomes its global administrator.
    New(String),
}

/// Asks what a confirmation would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// What.
    pub target: Target,
    /// On which account; none while it is being chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
}

/// What can be chosen, and what the choice would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previewed {
    /// Which activation.
    pub which: Which,
    /// The product.
    pub product_name: String,
    /// The product's kind.
    pub kind: ProductKind,
    /// The organisation.
    pub customer_name: String,
    /// Seats or units.
    pub quantity: u64,
    /// By which address the person acts.
    pub acts_as: licensing::Address,
    /// The accounts that can be chosen.
    pub accounts: Vec<Account>,
    /// The name that a new account would get.
    pub new_account_name: String,
    /// How things stand with the customer's accounts that the person does not administer (LINK-03).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joinings: Vec<Joining>,
    /// What the choice does; none while nothing is chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
}

/// An account that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its key.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// Its domains.
    pub domains: Vec<String>,
    /// Whether the person is its global or billing administrator; if not, it is the customer's and they may ask to join.
    pub administered: bool,
    /// Whether it is linked to this customer already.
    pub linked: bool,
}

/// Exactly what a confirmation does (LINK-04).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effect {
    /// So many seats or units …
    pub quantity: u64,
    /// … of this product …
    pub product_name: String,
    /// … go to this account …
    pub account_name: String,
    /// … which is made for it,
    pub creates_account: bool,
    /// … with this domain associated (ORG-01),
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub associates_domain: Option<String>,
    /// … by the person, who acts by this address.
    pub acts_as: licensing::Address,
    /// Whether the person is one of its administrators already; if not, and it is not made for it, they stay without a say
    /// in it.
    pub administered: bool,
    /// It may be taken back for so many hours.
    pub undo_hours: u32,
    /// Whether it is set up first, which may take some minutes (LINK-11).
    #[serde(default)]
    pub set_up_first: bool,
}

/// Activates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// What.
    pub target: Target,
    /// On which account.
    pub choice: Choice,
}

/// It is activated: by this request, or by one before (LINK-04).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// Which activation.
    pub which: Which,
    /// Whether this request did it.
    pub by_you: bool,
    /// The product.
    pub product_name: String,
    /// On which account.
    pub account_name: String,
    /// Seats or units.
    pub quantity: u64,
    /// When.
    pub at: Instant,
    /// It may be taken back until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<Instant>,
    /// Consumption products: the account's administrators manage it, the first of whom lets others join (ACT-04).
    pub consumption: bool,
    /// It is being set up first (LINK-11): its page shows how far that is.
    #[serde(default)]
    pub provisioning: bool,
}

/// How far setting up has come (LINK-11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingUp {
    /// Whether it takes longer than usual.
    pub takes_long: bool,
    /// Why it was refused, in the words of who sets it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Proposes or confirms a move (LINK-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remap {
    /// Under which Licensing ID.
    #[serde(deserialize_with = "crate::exact_licence")]
    pub licence: Licence,
    /// What.
    pub product: Sku,
    /// To which account.
    pub account: AccountId,
}

/// A move was proposed, or is done (LINK-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remapped {
    /// Whether it is done; if not, the other side's administrator confirms it.
    pub done: bool,
    /// The account that it is, or will be, on: by its name, or by its key where the reader may not know the name.
    pub account_name: String,
}

/// One row of Manage activations (LINK-05).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Under which Licensing ID.
    pub licence: Licence,
    /// What.
    pub product: Sku,
    /// The product's name.
    pub product_name: String,
    /// Whose.
    pub customer_name: String,
    /// Seats or units.
    pub quantity: u64,
    /// How far it has come.
    pub state: Phase,
    /// The account, where it is activated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// What the state's date is: sent on, expires on, activated on, ended on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Instant>,
}

/// One activation as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// The same as in the list.
    pub row: Row,
    /// The product's kind.
    pub kind: ProductKind,
    /// As which contact and masked address it was or will be mailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<(ContactName, String)>,
    /// When the mail goes out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Instant>,
    /// When the newest link was mailed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailed_at: Option<Instant>,
    /// The link's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    /// When it was activated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Instant>,
    /// By whom, masked; none where it was assigned or loaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_by: Option<String>,
    /// It may be taken back until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<Instant>,
    /// How far setting it up has come, where it is being set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setting_up: Option<SettingUp>,
    /// A move that waits for the other side: the other account's name, or its key where the reader may not know the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving_to: Option<String>,
    /// It ends then, nobody having agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving_until: Option<Instant>,
    /// The reader sees it only because they are asked to agree to a move to their account: what is proposed, and nothing else.
    #[serde(default)]
    pub only_proposed: bool,
    /// The same account's key, so that the other side can agree or decline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving_to_id: Option<AccountId>,
    /// The accounts to which the reader may move it; empty unless [`Cure::Remap`] is among the cures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<Account>,
    /// How things stand with the customer's account, where the reader does not administer it (LINK-03).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joining: Option<Joining>,
    /// Who asked for its revival, and what came of it (LINK-10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revival: Option<RevivalAsked>,
    /// How often it was revived.
    pub revivals: u32,
    /// The mails of its newest link.
    pub mails: Vec<MailStatus>,
    /// The buttons: what the reader may do now.
    pub cures: Vec<Cure>,
    /// The buttons that were pressed as often as a day allows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<Later>,
    /// Where is my activation? One for every order line, the newest hundred (ACT-12).
    pub lines: Vec<LineExplained>,
}

/// Somebody asked for an ended link to be revived (LINK-10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevivalAsked {
    /// When.
    pub at: Instant,
    /// Whether the reader did.
    pub by_you: bool,
    /// By whom, masked; only to who may know that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it was declined; none while nobody has decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined_at: Option<Instant>,
    /// Why it was declined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of one mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailStatus {
    /// To whom, masked.
    pub to: String,
    /// Which letter.
    pub letter: String,
    /// Its subject, so that it can be looked for.
    pub subject: String,
    /// The sender, so that it can be looked for.
    pub sender: String,
    /// When it was written.
    pub queued_at: Instant,
    /// How far it has come.
    pub state: MailState,
    /// When that was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Instant>,
}

/// A button that was pressed as often as a day allows (SAFE-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Later {
    /// Which.
    pub cure: Cure,
    /// From when it is offered again.
    pub at: Instant,
}

/// Where is my activation? For a whole Licensing ID (ACT-12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Where {
    /// Which.
    pub licence: Licence,
    /// Whose.
    pub customer_name: String,
    /// The newest order lines, in the order in which they were bought; empty: none was loaded, ask the reseller.
    pub lines: Vec<LineExplained>,
    /// Where the page with older ones begins, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One order line and why it is where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineExplained {
    /// The order.
    pub order: String,
    /// The line, from 1.
    pub line: u32,
    /// What.
    pub product: Sku,
    /// Its name.
    pub product_name: String,
    /// Seats or units.
    pub quantity: u64,
    /// When it was bought.
    pub purchased: String,
    /// From when it may be used.
    pub usage_starts: String,
    /// What became of the line when it was taken in: the import's outcome, or `waiting` while it is taken in.
    pub outcome: String,
    /// Each rule that was asked, in order.
    pub checks: Vec<Checked>,
    /// How far the activation has come now, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Phase>,
    /// What helps.
    pub cures: Vec<Cure>,
    /// What would help, and was pressed as often as a day allows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<Later>,
}

/// One rule with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Which.
    pub rule: Rule,
    /// Whether it applied.
    pub holds: bool,
    /// Dates, masked addresses, names: what it was judged by.
    pub evidence: Vec<(String, String)>,
}
