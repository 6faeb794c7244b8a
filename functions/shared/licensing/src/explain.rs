//! Where is my activation? (ACT-12): how far it has come at this second, why, and what the reader can do about it.
//!
//! Nothing is decided here a second time. The reasons are the checks that the decision recorded (or, while a line waits,
//! the decision itself, made now); a button is offered if the rule behind it, tried on the activation, takes it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    account::Account,
    activation::{Activation, InUse, Person, Proposer, Refused, Remap, Setup, State, Step, next_contact},
    audit::Actor,
    judge::{self, Addressee, Administers, Check, Contacts, Rule, Undeliverable, order_of_contacts},
    limit::TryAgainAt,
    policy::LinkPolicy,
    rights::Rights,
    when::{Date, Timestamp, hours_before},
    words::{Address, ContactName, ProductKind},
};

impl Activation {
    /// Whether the person may ask for the revival of its link: the addressee, or an Administrator (LINK-10). Where nobody
    /// was left to be written to, the Online Services Manager may in the addressee's place.
    pub fn may_ask_revival(&self, addresses: &[Address], rights: &Rights) -> bool {
        match self.addressee() {
            Some(_) => rights.is_administrator() || self.is_addressee(addresses, rights),
            None => rights.manages_activations(),
        }
    }
}

/// A button that helps (ACT-12, LINK-08).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cure {
    /// Start the wizard (LINK-05).
    Activate,
    /// Mail a new link to the same address (ACT-14).
    Resend,
    /// Take it back (LINK-07).
    Undo,
    /// Ask for revival (LINK-10).
    AskRevival,
    /// Move it to another account (LINK-07).
    Remap,
    /// Agree to a move that the other side proposed (LINK-07).
    ConfirmRemap,
    /// Decline a proposed move, or withdraw it (LINK-07).
    DeclineRemap,
}

impl Cure {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Activate,
        Self::Resend,
        Self::Undo,
        Self::AskRevival,
        Self::Remap,
        Self::ConfirmRemap,
        Self::DeclineRemap,
    ];
}

/// Who reads.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    /// The person, by the address that they would act by.
    pub person: &'a Person,
    /// All their proven addresses.
    pub addresses: &'a [Address],
    /// What they hold on the Licensing ID.
    pub rights: &'a Rights,
    /// The accounts that count for them: the one it is on, the one it is moving to, those that they administer, and the
    /// customer's.
    pub accounts: &'a [Account],
}

/// One activation before one reader.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The activation.
    pub activation: &'a Activation,
    /// The agreement's contacts as they are now.
    pub contacts: &'a Contacts,
    /// Who reads.
    pub reader: Reader<'a>,
    /// When.
    pub now: Timestamp,
    /// The numbers.
    pub policy: &'a LinkPolicy,
}

impl<'a> Case<'a> {
    /// The buttons: exactly those whose press would be taken and would change something.
    pub fn cures(&self) -> Vec<Cure> {
        Cure::ALL.into_iter().filter(|cure| matches!(self.press(*cure), Ok(Some(_)))).collect()
    }

    /// The buttons that are not offered only because they were pressed as often as a day allows, and from when each is offered
    /// again, if nothing else happens (SAFE-07).
    pub fn later(&self) -> Vec<(Cure, Timestamp)> {
        let used_up = |cure| match self.press(cure) {
            Err(Refused::TooOften(TryAgainAt(at))) => Some((cure, at)),
            _ => None,
        };
        let works = |(cure, at): &(Cure, Timestamp)| matches!(Case { now: *at, ..*self }.press(*cure), Ok(Some(_)));
        Cure::ALL.into_iter().filter_map(used_up).filter(works).collect()
    }

    /// What a press would do: the rule itself, tried. None: it would be taken and change nothing.
    pub fn press(&self, cure: Cure) -> Result<Option<Step>, Refused> {
        let Self { activation, contacts, reader, now, policy } = *self;
        let by = reader.person.clone();
        match cure {
            Cure::Activate => {
                // On whichever account: that is chosen in the wizard.
                let account = "chosen-in-the-wizard".parse().map_err(|_| Refused::NotInvited)?;
                let (name, request) = (String::new(), String::new());
                let (addresses, rights) = (reader.addresses, reader.rights);
                activation.confirm(by, addresses, rights, None, account, name, request, false, now, policy).map(Some)
            }
            Cure::Resend if !activation.may_confirm(reader.addresses, reader.rights) => Err(Refused::NotYours),
            Cure::Resend => {
                let actor = Actor::Person { profile: by.profile, address: by.address };
                activation.resend(actor, now, policy).map(Some)
            }
            Cure::Undo => {
                let (addresses, rights) = (reader.addresses, reader.rights);
                activation.undo(by, addresses, rights, contacts, true, None, now, policy).map(Some)
            }
            Cure::AskRevival if !activation.may_ask_revival(reader.addresses, reader.rights) => Err(Refused::NotYours),
            Cure::AskRevival => activation.ask_revival(by, now, policy),
            Cure::Remap => {
                let mut refused = Refused::NotYours;
                for account in self.others() {
                    match self.move_to(account) {
                        Ok(step) => return Ok(Some(step)),
                        // Where the reader has a say in one, it is that which counts.
                        Err(why) if refused == Refused::NotYours => refused = why,
                        Err(_) => {}
                    }
                }
                Err(refused)
            }
            Cure::ConfirmRemap => {
                let proposed = self.proposal().ok_or(Refused::NothingProposed)?;
                let target = self.account(&proposed.account).ok_or(Refused::NotYours)?;
                self.move_to(target).map(Some)
            }
            Cure::DeclineRemap => {
                let proposed = self.proposal().ok_or(Refused::NothingProposed)?;
                let by = self.mover(self.account(&proposed.account)).ok_or(Refused::NotYours)?;
                activation.decline_remap(&by, &proposed.account, "", now, policy).map(Some)
            }
        }
    }

    /// The accounts to which the reader may move it (LINK-07), the one that it is moving to already left out.
    pub fn targets(&self) -> Vec<&'a Account> {
        self.others().filter(|account| self.move_to(account).is_ok()).collect()
    }

    /// The accounts that count, but for the one that it is moving to already.
    fn others(&self) -> impl Iterator<Item = &'a Account> {
        let proposed = self.proposal().map(|remap| &remap.account);
        self.reader.accounts.iter().filter(move |account| Some(&account.id) != proposed)
    }

    /// Whether it is the reader whom the other side asks to agree to a move: they see what is proposed, and nothing else of
    /// the activation (LINK-07).
    pub fn is_asked_to_receive(&self) -> bool {
        let proposed = self.proposal().filter(|remap| matches!(remap.by, Proposer::Holder(_) | Proposer::Both(_)));
        let account = proposed.and_then(|remap| self.account(&remap.account));
        account.is_some_and(|account| account.is_global_admin(self.reader.addresses))
    }

    fn move_to(&self, to: &Account) -> Result<Step, Refused> {
        let by = self.mover(Some(to)).ok_or(Refused::NotYours)?;
        self.activation.remap(by, &to.id, &to.name, "", self.now, self.policy)
    }

    fn mover(&self, to: Option<&Account>) -> Option<Proposer> {
        let from = self.account(&self.in_use()?.account);
        self.activation.mover(self.reader.person, self.reader.addresses, from, to, self.now, self.policy)
    }

    fn proposal(&self) -> Option<&'a Remap> {
        self.in_use().and_then(|in_use| in_use.proposal(self.now, self.policy))
    }

    fn account(&self, id: &crate::AccountId) -> Option<&'a Account> {
        self.reader.accounts.iter().find(|account| account.id == *id)
    }

    fn in_use(&self) -> Option<&'a InUse> {
        match &self.activation.state {
            State::Activated(in_use) => Some(in_use),
            _ => None,
        }
    }
}

/// How far a mail has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailState {
    /// Being written.
    Queued,
    /// Taken by the mail service.
    Accepted,
    /// Taken by the receiving server: look in junk.
    Delivered,
    /// Not delivered yet: a busy server, an absence note.
    PutOff,
    /// Not delivered, and not tried any more, for a reason that may pass.
    GaveUp,
    /// Refused by the receiving server.
    Bounced,
    /// Marked as unwanted by the recipient.
    Complained,
    /// Not sent: mail to the address is known to fail.
    Suppressed,
}

impl MailState {
    /// As the evidence says it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::PutOff => "put-off",
            Self::GaveUp => "gave-up",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Suppressed => "suppressed",
        }
    }
}

/// A mail of the ledger, as far as it explains something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: Address,
    /// Its subject.
    pub subject: String,
    /// How far it has come.
    pub state: MailState,
    /// When that was reported, or when it was written.
    pub at: Timestamp,
}

/// An order line.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The product's kind.
    pub kind: ProductKind,
    /// When it was bought.
    pub purchased: Date,
    /// From when it may be used.
    pub usage_starts: Date,
    /// What became of it when it was taken in: the outcome's name, and each rule as it was asked.
    pub taken: Option<(&'a str, &'a [Check])>,
}

/// What stands around an order line.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The agreement's contacts as they are now.
    pub contacts: &'a Contacts,
    /// Those of them to whom mail is known to fail.
    pub failing: &'a BTreeSet<Address>,
    /// What the listed OSM administers.
    pub osm_administers: Administers<'a>,
    /// The activation of the line's product, where there is one.
    pub activation: Option<&'a Activation>,
    /// The mails about it, the oldest first.
    pub mails: &'a [Mail],
    /// From which address mails come.
    pub sender: &'a str,
}

/// Why a line is where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What became of it when it was taken in; `waiting` until then.
    pub outcome: String,
    /// Each rule that was asked, in order, the last one being the one that decided.
    pub checks: Vec<Checked>,
}

/// One rule with its evidence: names and dates, addresses masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Which.
    pub rule: Rule,
    /// Whether it applied.
    pub holds: bool,
    /// What it was judged by.
    pub evidence: Vec<(&'static str, String)>,
}

/// Explains a line at `now`.
pub fn explain(line: &Line<'_>, context: &Context<'_>, now: Timestamp, policy: &LinkPolicy) -> Explained {
    let (outcome, mut asked) = match line.taken {
        Some((outcome, checks)) => (outcome.to_owned(), checks.to_vec()),
        None => ("waiting".to_owned(), judged_now(line, context, now, policy)),
    };
    // After the decision the mail may have gone to a further contact, or nobody was left.
    let fell_back = Check { rule: Rule::Act03, holds: true };
    if !asked.contains(&fell_back) && context.activation.is_some_and(|activation| passed_over(activation, context)) {
        asked.push(fell_back);
    }
    let last = asked.len().wrapping_sub(1);
    let checks = asked.iter().enumerate().map(|(place, check)| Checked {
        rule: check.rule,
        holds: check.holds,
        evidence: evidence(*check, place == last, line, context, policy),
    });
    Explained { outcome, checks: checks.collect() }
}

/// A line that was not taken in yet: the decision, as it would be made now.
fn judged_now(line: &Line<'_>, context: &Context<'_>, now: Timestamp, policy: &LinkPolicy) -> Vec<Check> {
    let open = context.activation.filter(|activation| !activation.has_expired(now));
    let facts = judge::Facts {
        kind: line.kind,
        contacts: context.contacts,
        undeliverable: Undeliverable::among(context.contacts, |address| context.failing.contains(address)),
        progress: Activation::progress(open),
        osm_administers: context.osm_administers,
        purchased: line.purchased,
        usage_starts: line.usage_starts,
    };
    judge::judge(&facts, now, policy).checks().collect()
}

/// Whether the contact that comes first was passed over.
fn passed_over(activation: &Activation, context: &Context<'_>) -> bool {
    let first = order_of_contacts(activation.kind).first();
    match (&activation.state, activation.addressee()) {
        (State::Activated(_) | State::Provisioning(_), _) => false,
        (State::Stuck { .. }, _) => true,
        (_, Some(to)) => Some(&to.contact) != first && !context.contacts.is_empty(),
        (_, None) => false,
    }
}

type Evidence = Vec<(&'static str, String)>;

fn evidence(check: Check, decided: bool, line: &Line<'_>, context: &Context<'_>, policy: &LinkPolicy) -> Evidence {
    let mut evidence = Evidence::new();
    match check.rule {
        Rule::Act09 => evidence.push(("kind", line.kind.to_string())),
        Rule::Act05 => {
            evidence.push(("kind", line.kind.to_string()));
            if check.holds {
                let fails = |address: &Address| context.failing.contains(address);
                if let Some(to) = next_contact(line.kind, context.contacts, &[], fails) {
                    addressee(&to, context, &mut evidence);
                }
            }
        }
        Rule::Act06 => {
            evidence.push(("usage-starts", line.usage_starts.to_string()));
            if check.holds {
                let at = hours_before(line.usage_starts, policy.schedule_lead_hours);
                evidence.push(("mail-goes-out", at.to_string()));
            }
        }
        Rule::Act08 => {
            let osm = context.contacts.get(&ContactName::OnlineServicesManager);
            evidence.push(("online-services-manager", osm.map_or_else(|| "not named".into(), Address::masked)));
            if !check.holds && osm.is_some() {
                let count = match context.osm_administers {
                    Administers::Nothing => "0",
                    Administers::One(_) => "1",
                    Administers::Several => "2 or more",
                };
                evidence.push(("accounts-administered-now", count.into()));
            }
        }
        Rule::Act03 => passed_over_contacts(line.kind, context, &mut evidence),
        Rule::Act02 | Rule::Act04 | Rule::Act07 | Rule::Act10 => {}
    }
    let about_the_activation = !matches!(check.rule, Rule::Act05 | Rule::Act09);
    if check.holds
        && about_the_activation
        && (decided || check.rule == Rule::Act07)
        && let Some(activation) = context.activation
    {
        whereabouts(activation, line, context, &mut evidence);
    }
    evidence
}

/// Where the activation is now, and what became of its mail.
fn whereabouts(activation: &Activation, line: &Line<'_>, context: &Context<'_>, evidence: &mut Evidence) {
    match &activation.state {
        State::Activated(in_use) => {
            evidence.push(("account", in_use.account_name.clone()));
            evidence.push(("activated-at", in_use.at.to_string()));
        }
        State::Provisioning(Setup { in_use, refused, .. }) => {
            evidence.push(("account", in_use.account_name.clone()));
            evidence.push(("confirmed-at", in_use.at.to_string()));
            if let Some(refusal) = refused {
                evidence.push(("set-up-refused-at", refusal.at.to_string()));
                evidence.push(("set-up-refused-because", refusal.reason.clone()));
            }
        }
        State::Scheduled { to, send_at } => {
            addressee(to, context, evidence);
            if evidence.iter().all(|(name, _)| *name != "mail-goes-out") {
                evidence.push(("mail-goes-out", send_at.to_string()));
            }
        }
        State::Invited(invitation) | State::Expired { invitation, .. } => {
            evidence.push(("mailed-at", invitation.mailed.to_string()));
            addressee(&invitation.to, context, evidence);
            let purchased = activation.purchased.unwrap_or(line.purchased);
            evidence.push(("purchased", purchased.to_string()));
            evidence.push(("link-ends", invitation.expires_at.to_string()));
        }
        State::Stuck { since, expires_at, .. } => {
            evidence.push(("stuck-since", since.to_string()));
            evidence.extend(expires_at.map(|end| ("link-ends", end.to_string())));
        }
    }
}

/// To whom, and what became of the newest mail to them; one that arrived can be looked for.
fn addressee(to: &Addressee, context: &Context<'_>, evidence: &mut Evidence) {
    evidence.push(("contact", to.contact.to_string()));
    evidence.push(("to", to.address.masked()));
    let Some(mail) = context.mails.iter().rev().find(|mail| mail.to == to.address) else { return };
    evidence.push(("mail", mail.state.as_str().into()));
    evidence.push(("mail-reported-at", mail.at.to_string()));
    if matches!(mail.state, MailState::Accepted | MailState::Delivered) {
        evidence.push(("look-in-junk-for-sender", context.sender.into()));
        evidence.push(("look-in-junk-for-subject", mail.subject.clone()));
    }
}

/// Why each contact before the one that was written to was passed over.
fn passed_over_contacts(kind: ProductKind, context: &Context<'_>, evidence: &mut Evidence) {
    let to = context.activation.and_then(Activation::addressee);
    for name in order_of_contacts(kind) {
        if to.is_some_and(|to| to.contact == *name) {
            break;
        }
        let Some(address) = context.contacts.get(name) else {
            evidence.push(("not-named", name.to_string()));
            continue;
        };
        let mail = context.mails.iter().rev().find(|mail| mail.to == *address);
        let is = |state: MailState| mail.is_some_and(|mail| mail.state == state);
        let tried = context.activation.is_some_and(|activation| activation.tried.contains(address));
        let why = match (context.failing.contains(address), tried) {
            _ if is(MailState::Bounced) => "bounced",
            (true, _) => "known-to-fail",
            (_, true) if is(MailState::GaveUp) => "not-delivered",
            (_, true) => "no-delivery-reported",
            _ => continue,
        };
        evidence.push((why, format!("{name} {}", address.masked())));
    }
}
