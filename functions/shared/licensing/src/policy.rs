//! The numbers of the service: one file, validated at start-up, from which rules, mails and help pages take them.

use serde::{Deserialize, Serialize};

/// The deployment's bucket of sign-in mails lies in so many shares, so that nobody waits for one item.
pub const SHARES: u32 = 3;

/// All numbers. [`Policy::default`] is what is shipped; a deployment may change them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Activation links (ACT, LINK).
    pub links: LinkPolicy,
    /// Signing in (REG).
    pub sign_in: SignInPolicy,
    /// Sessions (REG-12).
    pub sessions: SessionPolicy,
    /// Further addresses of a person (REG-07).
    pub addresses: AddressPolicy,
    /// What a person says of themselves (REG-06).
    pub profiles: ProfilePolicy,
    /// Requests to join an organisation account (ORG-04).
    pub joins: JoinPolicy,
    /// Requests for permission (REQ).
    pub requests: RequestPolicy,
    /// Who has which role on a Licensing ID, and how that is managed (APR-07, APR-08, ROLE-09, ROLE-10, UI-04).
    pub people: PeoplePolicy,
    /// What order systems and operators load (ACT-01).
    pub loads: LoadPolicy,
    /// Mails on their way.
    pub mails: MailPolicy,
    /// What is stored besides, for an earlier release (OPS-06).
    pub stored: StoredPolicy,
    /// Who the publisher is.
    pub publisher: Publisher,
}

/// What is stored besides, for an earlier release.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoredPolicy {
    /// While it is so, all is written that the release before reads, and nothing that it would not heed: nobody gives a licence
    /// up, and rows that take rights are refused. So one can go back to it. It is set before an update, and taken out again once
    /// nobody wants to go back any more.
    pub for_release_before: bool,
}

/// Activation links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LinkPolicy {
    /// Good through the day so many calendar months after the purchase (ACT-11).
    pub months: u32,
    /// Never good for less than this after the first mail, days (ACT-11).
    pub floor_days: u32,
    /// Scheduled mails go out this long before the usage start, hours (ACT-06).
    pub schedule_lead_hours: u32,
    /// Reminders before the end, days, longest first (EXP-06).
    pub reminder_days: Vec<u32>,
    /// After so many days without a delivery report the next contact is written to (ACT-03).
    pub delivery_days: u32,
    /// The person who activated may undo it for this long, hours (LINK-07).
    pub undo_hours: u32,
    /// Resends a day for those who are signed in (ACT-14).
    pub resends_a_day: u32,
    /// Repeats of the mail a day for those who are not signed in (LINK-08).
    pub asks_a_day: u32,
    /// A revived link is good for this long, days (LINK-10).
    pub revival_days: u32,
    /// Confirmations a day and activation (LINK-07).
    pub confirms_a_day: u32,
    /// Undos a day and activation (LINK-07).
    pub undos_a_day: u32,
    /// Requests for revival a day and activation (LINK-10).
    pub revival_asks_a_day: u32,
    /// A proposed move that nobody agrees to ends after so many days (LINK-07).
    pub move_days: u32,
    /// Moves that people may propose or make a day and activation (LINK-07).
    pub moves_a_day: u32,
    /// Moves that a person may propose or make a day, and as many for the account for which they speak (LINK-07).
    pub moves_a_day_a_person: u32,
    /// After so many minutes without an answer of a provisioning endpoint, pages say so and operators see it (LINK-11).
    pub provisioning_minutes: u32,
}

impl Default for LinkPolicy {
    fn default() -> Self {
        Self {
            months: 6,
            floor_days: 30,
            schedule_lead_hours: 24,
            reminder_days: vec![30, 7, 1],
            delivery_days: 3,
            undo_hours: 72,
            resends_a_day: 3,
            asks_a_day: 1,
            revival_days: 30,
            confirms_a_day: 5,
            undos_a_day: 5,
            revival_asks_a_day: 3,
            move_days: 30,
            moves_a_day: 5,
            moves_a_day_a_person: 20,
            provisioning_minutes: 10,
        }
    }
}

/// Signing in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInPolicy {
    /// A code is good for this long, minutes (REG-03).
    pub code_minutes: u32,
    /// Tries a code (REG-03).
    pub tries: u32,
    /// Mails while a code lives, all with that code (REG-05).
    pub mails_a_code: u32,
    /// Code mails an hour and address (REG-05).
    pub mails_an_hour: u32,
    /// Of these, from one network (REG-05).
    pub mails_an_hour_from_a_network: u32,
    /// Failed codes a day and address, after which only the mailed link signs in (REG-05).
    pub failures_a_day: u32,
    /// What strangers can have done from one network (REG-05).
    pub networks: NetworksPolicy,
    /// Mails an hour and recipient domain that nobody answered; above, they go out slowly (REG-05).
    pub domain_mails_an_hour: u32,
    /// Mails an hour and recipient domain, answered or not; above, they go out slowly (REG-05).
    pub domain_all_mails_an_hour: u32,
    /// A mail that bounced counts like so many (REG-05).
    pub bounce_weight: u32,
    /// After so many codes that signed somebody in, one more email is allowed wherever emails are counted (REG-05).
    pub answers_for_one_more: u32,
    /// What strangers' browsers can have done together (REG-05).
    pub strangers: StrangersPolicy,
    /// Browsers in which somebody signed in before (REG-05).
    pub known: KnownPolicy,
}

impl Default for SignInPolicy {
    fn default() -> Self {
        Self {
            code_minutes: 10,
            tries: 5,
            mails_a_code: 3,
            mails_an_hour: 12,
            mails_an_hour_from_a_network: 5,
            failures_a_day: 20,
            networks: NetworksPolicy::default(),
            domain_mails_an_hour: 60,
            domain_all_mails_an_hour: 600,
            bounce_weight: 10,
            answers_for_one_more: 4,
            strangers: StrangersPolicy::default(),
            known: KnownPolicy::default(),
        }
    }
}

/// What strangers can have done from one network, by its size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworksPolicy {
    /// An IPv4 address.
    pub ipv4: NetworkLimits,
    /// An IPv6 /64.
    pub ipv6_64: NetworkLimits,
    /// An IPv6 /56.
    pub ipv6_56: NetworkLimits,
    /// An IPv6 /48.
    pub ipv6_48: NetworkLimits,
}

impl Default for NetworksPolicy {
    fn default() -> Self {
        let limits = |requests_an_hour, mails_an_hour, failures_a_day| NetworkLimits {
            requests_an_hour,
            mails_an_hour,
            failures_a_day,
        };
        Self {
            // An IPv4 address may be a whole office's.
            ipv4: limits(3000, 28, 60),
            ipv6_64: limits(300, 10, 40),
            ipv6_56: limits(600, 12, 60),
            ipv6_48: limits(3000, 14, 100),
        }
    }
}

/// What strangers can have done from one network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkLimits {
    /// Requests for codes and wrong codes an hour.
    pub requests_an_hour: u32,
    /// Mails an hour that nobody answered: half of them at once, the others spread over the hour.
    pub mails_an_hour: u32,
    /// Wrong codes a day, after which only the mailed link signs in from there.
    pub failures_a_day: u32,
}

/// What strangers' browsers can have done together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StrangersPolicy {
    /// So many mails that nobody answered yet may go out at once.
    pub burst: u32,
    /// It grows with codes that sign in, up to this.
    pub burst_most: u32,
    /// So many more each minute: fewer than SES sends.
    pub mails_a_minute: u32,
    /// So many bounces an hour slow all strangers down.
    pub bounces_an_hour: u32,
    /// Slowed down, one mail goes out in so many minutes.
    pub slow_minutes: u32,
    /// Mails a day that nobody answered, where one that bounced counts more; above, they go out slowly.
    pub mails_a_day: u32,
    /// Wrong codes a day, after which only mailed links sign strangers' browsers in.
    pub failures_a_day: u32,
}

impl Default for StrangersPolicy {
    fn default() -> Self {
        Self {
            burst: 15,
            burst_most: 75,
            mails_a_minute: 2,
            bounces_an_hour: 15,
            slow_minutes: 5,
            mails_a_day: 5000,
            failures_a_day: 2000,
        }
    }
}

/// Browsers in which somebody signed in before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KnownPolicy {
    /// So many a person.
    pub browsers: u32,
    /// Known for so many days.
    pub days: u32,
    /// Their code mails a minute, all together.
    pub mails_a_minute: u32,
}

impl Default for KnownPolicy {
    fn default() -> Self {
        Self { browsers: 10, days: 90, mails_a_minute: 600 }
    }
}

/// Sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionPolicy {
    /// Longest, hours (REG-12).
    pub hours: u32,
    /// Longest without a request, hours (REG-12).
    pub idle_hours: u32,
    /// A request is noted at most this often, minutes (REG-12).
    pub touch_minutes: u32,
    /// After a rotation the previous cookie still works for this long, minutes, so that a lost answer signs nobody out (REG-12).
    pub after_rotation_minutes: u32,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self { hours: 12, idle_hours: 2, touch_minutes: 10, after_rotation_minutes: 1 }
    }
}

/// Further addresses of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddressPolicy {
    /// A proof link is good for this long, hours (REG-07).
    pub proof_hours: u32,
    /// Addresses a person can have at most.
    pub most: u32,
    /// Proof links mailed a day and person.
    pub mails_a_day: u32,
    /// Proof links emailed a day to one address, by all people together.
    pub mails_a_day_a_recipient: u32,
    /// Of these, so many asked for from one network.
    pub mails_a_day_a_recipient_and_network: u32,
    /// Proof links mailed an hour that one network asked for: an IPv4 address, or an IPv6 /64; a /56 twice, a /48 four times as many.
    pub mails_an_hour_a_network: u32,
    /// Proof links mailed an hour in the whole deployment.
    pub mails_an_hour_overall: u32,
    /// Tries with the code beside a proof link.
    pub tries: u32,
    /// Wrong codes a day and person, after which only the mailed links work.
    pub failures_a_day: u32,
    /// Whoever reads a mailbox having said "this was not me", the profile that asked mails it no proof for so many days.
    pub refused_days: u32,
    /// After so many of them in that time it mails nobody one.
    pub refusals: u32,
    /// A proof counts for so many days, then for nothing until it is renewed (REG-09).
    pub renew_days: u32,
    /// Who holds an address has so many hours' notice before it moves to another profile (REG-09).
    pub move_hours: u32,
    /// So many days after it was asked for, a move that was not made is over (REG-09).
    pub move_days: u32,
    /// Moves that a person may ask for in 30 days (REG-09).
    pub moves_a_month: u32,
    /// Moves of one address that may be asked for in 30 days, by all people together (REG-09).
    pub moves_a_month_an_address: u32,
}

impl Default for AddressPolicy {
    fn default() -> Self {
        Self {
            proof_hours: 48,
            most: 20,
            mails_a_day: 10,
            mails_a_day_a_recipient: 10,
            mails_a_day_a_recipient_and_network: 5,
            mails_an_hour_a_network: 20,
            mails_an_hour_overall: 300,
            tries: 5,
            failures_a_day: 20,
            refused_days: 180,
            refusals: 5,
            renew_days: 180,
            move_hours: 72,
            move_days: 30,
            moves_a_month: 3,
            moves_a_month_an_address: 3,
        }
    }
}

/// What a person says of themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProfilePolicy {
    /// Changes saved a day and person: each of them is an entry of the audit, which is kept.
    pub saves_a_day: u32,
}

impl Default for ProfilePolicy {
    fn default() -> Self {
        Self { saves_a_day: 30 }
    }
}

/// Requests to join an organisation account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JoinPolicy {
    /// Nobody having decided, a request ends after so many days.
    pub days: u32,
    /// Requests a day, person and account.
    pub asks_a_day: u32,
    /// Requests a day to join one account, by all people together: each is emailed to all its global administrators.
    pub asks_a_day_an_account: u32,
    /// Whom an administrator refused asks the same account again after so many days: after the first no, the second, and so
    /// on. The last number holds for each further one.
    pub denied_days: Vec<u32>,
}

impl Default for JoinPolicy {
    fn default() -> Self {
        Self { days: 30, asks_a_day: 3, asks_a_day_an_account: 20, denied_days: vec![1, 7, 30] }
    }
}

/// Requests for permission on a Licensing ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestPolicy {
    /// Nobody having decided, a request ends after so many days (REQ-05).
    pub days: u32,
    /// Those who decide are reminded after so many days (REQ-05).
    pub reminder_days: u32,
    /// After so many days the notices contact learns that nobody decided (REQ-05).
    pub undecided_days: u32,
    /// Who asked may have them reminded once, after so many working days (REQ-09).
    pub asker_reminds_working_days: u32,
    /// Requests a day, person and Licensing ID (REQ-03).
    pub asks_a_day: u32,
    /// A person has so many pending requests at most (REQ-03).
    pub pending: u32,
    /// Requests a day from one network address, by all people together (REQ-02).
    pub asks_a_day_a_network: u32,
    /// A comment has so many characters at most (REQ-01).
    pub comment_characters: u32,
}

impl Default for RequestPolicy {
    fn default() -> Self {
        Self {
            days: 30,
            reminder_days: 3,
            undecided_days: 10,
            asker_reminds_working_days: 2,
            asks_a_day: 2,
            pending: 20,
            asks_a_day_a_network: 200,
            comment_characters: 1000,
        }
    }
}

/// Who has which role on a Licensing ID, and how that is managed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeoplePolicy {
    /// What is given to an address that nobody has proven ends after so many days (APR-08).
    pub invitation_days: u32,
    /// Letters with an invitation a day, address and Licensing ID; above, none is sent again (APR-08).
    pub invitations_a_day: u32,
    /// What ends is told so many days before (ROLE-09).
    pub end_notice_days: u32,
    /// The denial of a reseller can be undone for so many days (OPEN-03).
    pub denial_undo_days: u32,
    /// A review ends after so many days; what nobody decided is listed (ROLE-10).
    pub review_days: u32,
    /// Administrators are reminded of it after so many days, the first first (ROLE-10).
    pub review_reminder_days: Vec<u32>,
    /// A licence is flagged after so many days without anybody active (UI-04).
    pub inactive_days: u32,
    /// A file of people has so many rows at most (APR-07).
    pub file_rows: u32,
    /// And so many bytes.
    pub file_bytes: u32,
    /// What a file changed can be undone for so many days (APR-07).
    pub job_undo_days: u32,
}

impl Default for PeoplePolicy {
    fn default() -> Self {
        Self {
            invitation_days: 30,
            invitations_a_day: 3,
            end_notice_days: 14,
            denial_undo_days: 7,
            review_days: 30,
            review_reminder_days: vec![7, 14],
            inactive_days: 180,
            file_rows: 10_000,
            file_bytes: 4_000_000,
            job_undo_days: 7,
        }
    }
}

/// What order systems and operators load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoadPolicy {
    /// An order has at most so many lines.
    pub order_lines: u32,
}

impl Default for LoadPolicy {
    fn default() -> Self {
        Self { order_lines: 500 }
    }
}

/// Mails on their way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailPolicy {
    /// Mails, and orders that were not taken in, are driven again by the sweep after so many minutes (EXP-01).
    pub redrive_minutes: u32,
    /// An address to which mail bounced for good is tried again after so many days (SAFE-03).
    pub bounce_days: u32,
    /// That mail to an address fails can be lifted so often a day (SAFE-03).
    pub lifts_a_day: u32,
}

impl Default for MailPolicy {
    fn default() -> Self {
        Self { redrive_minutes: 10, bounce_days: 30, lifts_a_day: 3 }
    }
}

/// Who runs this deployment, as pages and mails name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Publisher {
    /// The publisher's name.
    pub name: String,
    /// Mails come from this address.
    pub sender: String,
    /// Where people write to when the portal can't help.
    pub support: String,
}

impl Default for Publisher {
    fn default() -> Self {
        Self {
            name: "Northwind Software".into(),
            sender: "licensing@northwind.example".into(),
            support: "support@northwind.example".into(),
        }
    }
}

/// Why a policy file can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPolicy(pub String);

impl std::fmt::Display for BadPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the policy can't be used: {}", self.0)
    }
}

impl std::error::Error for BadPolicy {}

impl Policy {
    /// Reads a policy from JSON: absent numbers have their default, unknown ones are refused by name.
    pub fn from_json(text: &str) -> Result<Self, BadPolicy> {
        let policy: Self = serde_json::from_str(text).map_err(|error| BadPolicy(error.to_string()))?;
        policy.validate()?;
        Ok(policy)
    }

    /// Refuses numbers with which the service can't work.
    pub fn validate(&self) -> Result<(), BadPolicy> {
        must((1..=120).contains(&self.links.months), "links.months is 1 to 120")?;
        must((1..=366).contains(&self.links.floor_days), "links.floor_days is 1 to 366")?;
        must(self.links.schedule_lead_hours <= 24 * 60, "links.schedule_lead_hours is at most 1440")?;
        must(
            self.links.reminder_days.windows(2).all(|pair| pair[0] > pair[1]) && !self.links.reminder_days.contains(&0),
            "links.reminder_days are positive and each smaller than the one before",
        )?;
        must(self.links.delivery_days > 0, "links.delivery_days is at least 1")?;
        must(self.links.revival_days > 0, "links.revival_days is at least 1")?;
        must(self.links.confirms_a_day > 0, "links.confirms_a_day is at least 1")?;
        must(self.links.undos_a_day > 0, "links.undos_a_day is at least 1")?;
        must(self.links.revival_asks_a_day > 0, "links.revival_asks_a_day is at least 1")?;
        must((1..=366).contains(&self.links.move_days), "links.move_days is 1 to 366")?;
        must(self.links.moves_a_day > 0, "links.moves_a_day is at least 1")?;
        must(self.links.moves_a_day_a_person > 0, "links.moves_a_day_a_person is at least 1")?;
        must(self.links.provisioning_minutes > 0, "links.provisioning_minutes is at least 1")?;
        must((1..=60).contains(&self.sign_in.code_minutes), "sign_in.code_minutes is 1 to 60")?;
        must((1..=10).contains(&self.sign_in.tries), "sign_in.tries is 1 to 10")?;
        self.sign_in.validate()?;
        must(
            self.sessions.idle_hours > 0 && self.sessions.idle_hours <= self.sessions.hours,
            "sessions.idle_hours is at least 1 and at most sessions.hours",
        )?;
        must(
            self.sessions.touch_minutes < self.sessions.idle_hours * 60,
            "sessions.touch_minutes is below idle_hours",
        )?;
        must(self.sessions.after_rotation_minutes <= 10, "sessions.after_rotation_minutes is at most 10")?;
        must((1..=24 * 60).contains(&self.mails.redrive_minutes), "mails.redrive_minutes is 1 to 1440")?;
        must((1..=366).contains(&self.mails.bounce_days), "mails.bounce_days is 1 to 366")?;
        must(self.mails.lifts_a_day > 0, "mails.lifts_a_day is at least 1")?;
        must(self.addresses.proof_hours > 0 && self.addresses.most > 0, "addresses.* are at least 1")?;
        let proofs = &self.addresses;
        must(
            proofs.mails_a_day > 0
                && proofs.mails_a_day_a_recipient > 0
                && proofs.mails_a_day_a_recipient_and_network > 0
                && proofs.mails_an_hour_a_network > 0
                && proofs.mails_an_hour_overall > 0,
            "addresses.* are at least 1",
        )?;
        must((1..=10).contains(&self.addresses.tries), "addresses.tries is 1 to 10")?;
        must((1..=366).contains(&self.addresses.refused_days), "addresses.refused_days is 1 to 366")?;
        must((1..=100).contains(&self.addresses.refusals), "addresses.refusals is 1 to 100")?;
        must((1..=3660).contains(&self.addresses.renew_days), "addresses.renew_days is 1 to 3660")?;
        must((1..=366 * 24).contains(&self.addresses.move_hours), "addresses.move_hours is 1 to 8784")?;
        must(
            self.addresses.move_days <= 366 && self.addresses.move_hours < self.addresses.move_days * 24,
            "addresses.move_days is at most 366, and longer than addresses.move_hours",
        )?;
        must(
            self.addresses.moves_a_month > 0 && self.addresses.moves_a_month_an_address > 0,
            "addresses.moves_a_month and addresses.moves_a_month_an_address are at least 1",
        )?;
        must((1..=366).contains(&self.joins.days), "joins.days is 1 to 366")?;
        must(self.joins.asks_a_day > 0, "joins.asks_a_day is at least 1")?;
        must(self.joins.asks_a_day_an_account > 0, "joins.asks_a_day_an_account is at least 1")?;
        let requests = &self.requests;
        must((1..=366).contains(&requests.days), "requests.days is 1 to 366")?;
        must(
            requests.reminder_days > 0
                && requests.reminder_days < requests.undecided_days
                && requests.undecided_days < requests.days,
            "requests.reminder_days is below requests.undecided_days, which is below requests.days",
        )?;
        must(
            (1..=20).contains(&requests.asker_reminds_working_days),
            "requests.asker_reminds_working_days is 1 to 20",
        )?;
        must(
            requests.asks_a_day > 0 && requests.asks_a_day_a_network > 0,
            "requests.asks_a_day and requests.asks_a_day_a_network are at least 1",
        )?;
        // They stand in one item beside the profile.
        must((1..=100).contains(&requests.pending), "requests.pending is 1 to 100")?;
        must((1..=4000).contains(&requests.comment_characters), "requests.comment_characters is 1 to 4000")?;
        let pauses = &self.joins.denied_days;
        must(
            !pauses.is_empty() && pauses.iter().all(|days| (1..=366).contains(days)) && pauses.is_sorted(),
            "joins.denied_days are 1 to 366, and none is shorter than the one before",
        )?;
        let people = &self.people;
        must((2..=366).contains(&people.invitation_days), "people.invitation_days is 2 to 366")?;
        must(people.invitations_a_day > 0, "people.invitations_a_day is at least 1")?;
        must((1..=366).contains(&people.end_notice_days), "people.end_notice_days is 1 to 366")?;
        must((1..=366).contains(&people.denial_undo_days), "people.denial_undo_days is 1 to 366")?;
        must((1..=366).contains(&people.review_days), "people.review_days is 1 to 366")?;
        let reminders = &people.review_reminder_days;
        must(
            reminders.windows(2).all(|pair| pair[0] < pair[1])
                && reminders.iter().all(|days| (1..people.review_days).contains(days)),
            "people.review_reminder_days are positive, each larger than the one before and below people.review_days",
        )?;
        must((1..=3660).contains(&people.inactive_days), "people.inactive_days is 1 to 3660")?;
        must((1..=100_000).contains(&people.file_rows), "people.file_rows is 1 to 100000")?;
        // It comes with one request.
        must((1000..=4_000_000).contains(&people.file_bytes), "people.file_bytes is 1000 to 4000000")?;
        must((1..=366).contains(&people.job_undo_days), "people.job_undo_days is 1 to 366")?;
        must(self.profiles.saves_a_day > 0, "profiles.saves_a_day is at least 1")?;
        // What became of each line is kept beside the order, which is one item of at most 400 kB.
        must((1..=500).contains(&self.loads.order_lines), "loads.order_lines is 1 to 500")?;
        must(self.publisher.sender.parse::<crate::Address>().is_ok(), "publisher.sender is an email address")?;
        must(self.publisher.support.parse::<crate::Address>().is_ok(), "publisher.support is an email address")?;
        must(!self.publisher.name.trim().is_empty(), "publisher.name is given")
    }
}

fn must(holds: bool, text: &str) -> Result<(), BadPolicy> {
    if holds { Ok(()) } else { Err(BadPolicy(text.into())) }
}

impl SignInPolicy {
    fn validate(&self) -> Result<(), BadPolicy> {
        let positive = |number: u32, name: &str| must(number > 0, &format!("sign_in.{name} is at least 1"));
        positive(self.mails_a_code, "mails_a_code")?;
        positive(self.mails_an_hour, "mails_an_hour")?;
        positive(self.mails_an_hour_from_a_network, "mails_an_hour_from_a_network")?;
        positive(self.failures_a_day, "failures_a_day")?;
        let networks = &self.networks;
        let all = [
            ("ipv4", &networks.ipv4),
            ("ipv6_64", &networks.ipv6_64),
            ("ipv6_56", &networks.ipv6_56),
            ("ipv6_48", &networks.ipv6_48),
        ];
        for (size, limits) in all {
            positive(limits.requests_an_hour, &format!("networks.{size}.requests_an_hour"))?;
            positive(limits.mails_an_hour, &format!("networks.{size}.mails_an_hour"))?;
            positive(limits.failures_a_day, &format!("networks.{size}.failures_a_day"))?;
        }
        positive(self.domain_mails_an_hour, "domain_mails_an_hour")?;
        positive(self.domain_all_mails_an_hour, "domain_all_mails_an_hour")?;
        positive(self.bounce_weight, "bounce_weight")?;
        positive(self.answers_for_one_more, "answers_for_one_more")?;
        let strangers = &self.strangers;
        must(strangers.burst >= SHARES, "sign_in.strangers.burst is at least 3")?;
        must(strangers.burst_most >= strangers.burst, "sign_in.strangers.burst_most is at least burst")?;
        must((1..=6000).contains(&strangers.mails_a_minute), "sign_in.strangers.mails_a_minute is 1 to 6000")?;
        positive(strangers.bounces_an_hour, "strangers.bounces_an_hour")?;
        must((1..=15).contains(&strangers.slow_minutes), "sign_in.strangers.slow_minutes is 1 to 15")?;
        positive(strangers.mails_a_day, "strangers.mails_a_day")?;
        positive(strangers.failures_a_day, "strangers.failures_a_day")?;
        must((1..=50).contains(&self.known.browsers), "sign_in.known.browsers is 1 to 50")?;
        must((1..=366).contains(&self.known.days), "sign_in.known.days is 1 to 366")?;
        must((8..=60_000).contains(&self.known.mails_a_minute), "sign_in.known.mails_a_minute is 8 to 60000")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ACT-01 ACT-11 APR-07 APR-08 EXP-06 LINK-07 LINK-11 ORG-04 REG-03 REG-05 REG-07 REG-09 REG-12 ROLE-09 ROLE-10
    /// SAFE-03 UI-04 the defaults, stated once.
    #[test]
    fn the_defaults_are_those_of_the_specification() {
        let policy = Policy::default();
        assert_eq!((policy.links.months, policy.links.floor_days, policy.links.schedule_lead_hours), (6, 30, 24));
        assert_eq!((policy.links.reminder_days.as_slice(), policy.links.delivery_days), ([30, 7, 1].as_slice(), 3));
        assert_eq!((policy.links.undo_hours, policy.links.resends_a_day, policy.links.revival_days), (72, 3, 30));
        assert_eq!(policy.links.provisioning_minutes, 10);
        let acts = (policy.links.confirms_a_day, policy.links.undos_a_day, policy.links.revival_asks_a_day);
        assert_eq!(acts, (5, 5, 3));
        let moves = (policy.links.move_days, policy.links.moves_a_day, policy.links.moves_a_day_a_person);
        assert_eq!(moves, (30, 5, 20));
        assert_eq!((policy.sign_in.code_minutes, policy.sign_in.tries), (10, 5));
        let sign_in = &policy.sign_in;
        assert_eq!((sign_in.mails_a_code, sign_in.mails_an_hour, sign_in.mails_an_hour_from_a_network), (3, 12, 5));
        assert_eq!((sign_in.failures_a_day, sign_in.bounce_weight), (20, 10));
        assert_eq!((sign_in.known.browsers, sign_in.known.days), (10, 90));
        assert_eq!((policy.sessions.hours, policy.sessions.idle_hours, policy.sessions.touch_minutes), (12, 2, 10));
        assert_eq!(policy.sessions.after_rotation_minutes, 1);
        assert_eq!((policy.addresses.proof_hours, policy.mails.redrive_minutes), (48, 10));
        let proofs = &policy.addresses;
        assert_eq!((proofs.most, proofs.mails_a_day, proofs.mails_a_day_a_recipient), (20, 10, 10));
        assert_eq!((proofs.mails_a_day_a_recipient_and_network, proofs.mails_an_hour_a_network), (5, 20));
        assert_eq!(proofs.mails_an_hour_overall, 300);
        assert_eq!((policy.addresses.tries, policy.addresses.failures_a_day), (5, 20));
        assert_eq!((policy.addresses.refused_days, policy.addresses.refusals), (180, 5));
        assert_eq!((proofs.renew_days, proofs.move_hours, proofs.move_days), (180, 72, 30));
        assert_eq!((proofs.moves_a_month, proofs.moves_a_month_an_address), (3, 3));
        assert_eq!((policy.joins.days, policy.joins.asks_a_day, policy.joins.asks_a_day_an_account), (30, 3, 20));
        assert_eq!(policy.joins.denied_days, [1, 7, 30]);
        assert_eq!(policy.profiles.saves_a_day, 30);
        assert_eq!(policy.loads.order_lines, 500);
        let people = &policy.people;
        assert_eq!((people.invitation_days, people.invitations_a_day, people.end_notice_days), (30, 3, 14));
        assert_eq!((people.review_days, people.review_reminder_days.as_slice()), (30, [7, 14].as_slice()));
        assert_eq!((people.inactive_days, people.denial_undo_days, people.job_undo_days), (180, 7, 7));
        assert_eq!((people.file_rows, people.file_bytes), (10_000, 4_000_000));
        assert_eq!((policy.mails.bounce_days, policy.mails.lifts_a_day), (30, 3));
        assert_eq!(policy.validate(), Ok(()));
    }

    #[test]
    fn a_policy_with_a_typing_error_or_a_useless_number_is_refused_by_name() {
        for (text, named) in [
            (r#"{"links":{"moths":6}}"#, "moths"),
            (r#"{"links":{"months":0}}"#, "links.months"),
            (r#"{"links":{"reminder_days":[1,7]}}"#, "reminder_days"),
            (r#"{"sessions":{"idle_hours":13}}"#, "idle_hours"),
            (r#"{"joins":{"days":0}}"#, "joins.days"),
            (r#"{"sign_in":{"strangers":{"burst":2}}}"#, "sign_in.strangers.burst"),
            (r#"{"sign_in":{"strangers":{"burst_most":14}}}"#, "sign_in.strangers.burst_most"),
            (r#"{"sign_in":{"strangers":{"mails_a_minute":0}}}"#, "sign_in.strangers.mails_a_minute"),
            (r#"{"sign_in":{"strangers":{"bounces_an_hour":0}}}"#, "sign_in.strangers.bounces_an_hour"),
            (r#"{"sign_in":{"strangers":{"slow_minutes":16}}}"#, "sign_in.strangers.slow_minutes"),
            (r#"{"sign_in":{"strangers":{"mails_a_day":0}}}"#, "sign_in.strangers.mails_a_day"),
            (r#"{"sign_in":{"strangers":{"failures_a_day":0}}}"#, "sign_in.strangers.failures_a_day"),
            (r#"{"sign_in":{"known":{"browsers":0}}}"#, "sign_in.known.browsers"),
            (r#"{"sign_in":{"known":{"days":367}}}"#, "sign_in.known.days"),
            (r#"{"sign_in":{"known":{"mails_a_minute":7}}}"#, "sign_in.known.mails_a_minute"),
            (
                r#"{"sign_in":{"networks":{"ipv4":{"requests_an_hour":1,"mails_an_hour":0,"failures_a_day":1}}}}"#,
                "sign_in.networks.ipv4.mails_an_hour",
            ),
            (r#"{"publisher":{"sender":"nobody"}}"#, "sender"),
        ] {
            assert!(Policy::from_json(text).unwrap_err().to_string().contains(named), "{text}");
        }
        assert_eq!(Policy::from_json(r#"{"links":{"months":12}}"#).unwrap().links.months, 12);
    }

    #[test]
    fn every_number_of_a_policy_is_taken_up_to_its_bounds_and_refused_by_name_beyond_them() {
        for (section, name, good, bad) in [
            ("links", "months", &["1", "120"][..], &["0", "121"][..]),
            ("links", "floor_days", &["1", "366"], &["0", "367"]),
            ("links", "schedule_lead_hours", &["0", "1440"], &["1441"]),
            ("links", "reminder_days", &["[]", "[1]", "[14,3]"], &["[0]", "[7,0]", "[7,7]", "[1,7]"]),
            ("links", "delivery_days", &["1", "2"], &["0"]),
            ("links", "revival_days", &["1", "2"], &["0"]),
            ("links", "provisioning_minutes", &["1", "2"], &["0"]),
            ("links", "confirms_a_day", &["1", "2"], &["0"]),
            ("links", "undos_a_day", &["1", "2"], &["0"]),
            ("links", "revival_asks_a_day", &["1", "2"], &["0"]),
            ("links", "move_days", &["1", "366"], &["0", "367"]),
            ("links", "moves_a_day", &["1", "2"], &["0"]),
            ("links", "moves_a_day_a_person", &["1", "2"], &["0"]),
            ("sign_in", "code_minutes", &["1", "60"], &["0", "61"]),
            ("sign_in", "tries", &["1", "10"], &["0", "11"]),
            ("sign_in", "mails_a_code", &["1", "2"], &["0"]),
            ("sign_in", "mails_an_hour", &["1", "2"], &["0"]),
            ("sign_in", "mails_an_hour_from_a_network", &["1", "2"], &["0"]),
            ("sign_in", "failures_a_day", &["1", "2"], &["0"]),
            ("sign_in", "domain_mails_an_hour", &["1", "2"], &["0"]),
            ("sign_in", "domain_all_mails_an_hour", &["1", "2"], &["0"]),
            ("sign_in", "bounce_weight", &["1", "2"], &["0"]),
            ("sign_in", "answers_for_one_more", &["1", "2"], &["0"]),
            ("sessions", "idle_hours", &["1", "12"], &["0", "13"]),
            // Two hours without a request end a session.
            ("sessions", "touch_minutes", &["0", "119"], &["120", "121"]),
            ("sessions", "after_rotation_minutes", &["0", "10"], &["11"]),
            ("mails", "redrive_minutes", &["1", "1440"], &["0", "1441"]),
            ("mails", "bounce_days", &["1", "366"], &["0", "367"]),
            ("mails", "lifts_a_day", &["1", "2"], &["0"]),
            ("addresses", "proof_hours", &["1", "2"], &["0"]),
            ("addresses", "most", &["1", "2"], &["0"]),
            ("addresses", "mails_a_day_a_recipient", &["1", "2"], &["0"]),
            ("addresses", "mails_a_day_a_recipient_and_network", &["1", "2"], &["0"]),
            ("addresses", "mails_an_hour_a_network", &["1", "2"], &["0"]),
            ("addresses", "mails_an_hour_overall", &["1", "2"], &["0"]),
            ("addresses", "tries", &["1", "10"], &["0", "11"]),
            ("addresses", "refused_days", &["1", "366"], &["0", "367"]),
            ("addresses", "refusals", &["1", "100"], &["0", "101"]),
            ("addresses", "renew_days", &["1", "3660"], &["0", "3661"]),
            // A move ends after 30 days.
            ("addresses", "move_hours", &["1", "719"], &["0", "720", "8785"]),
            ("addresses", "move_days", &["4", "366"], &["0", "3", "367"]),
            ("addresses", "moves_a_month", &["1", "2"], &["0"]),
            ("addresses", "moves_a_month_an_address", &["1", "2"], &["0"]),
            ("joins", "days", &["1", "366"], &["0", "367"]),
            ("joins", "asks_a_day", &["1", "2"], &["0"]),
            ("joins", "asks_a_day_an_account", &["1", "2"], &["0"]),
            ("joins", "denied_days", &["[1]", "[7,7,366]"], &["[]", "[0]", "[1,367]", "[7,1]"]),
            ("profiles", "saves_a_day", &["1", "2"], &["0"]),
            ("people", "invitation_days", &["2", "366"], &["0", "1", "367"]),
            ("people", "invitations_a_day", &["1", "2"], &["0"]),
            ("people", "end_notice_days", &["1", "366"], &["0", "367"]),
            ("people", "denial_undo_days", &["1", "366"], &["0", "367"]),
            // The reminders come before the end.
            ("people", "review_days", &["15", "366"], &["0", "14", "367"]),
            ("people", "review_reminder_days", &["[]", "[1,29]"], &["[0]", "[30]", "[7,7]", "[14,7]"]),
            ("people", "inactive_days", &["1", "3660"], &["0", "3661"]),
            ("people", "file_rows", &["1", "100000"], &["0", "100001"]),
            ("people", "file_bytes", &["1000", "4000000"], &["999", "4000001"]),
            ("people", "job_undo_days", &["1", "366"], &["0", "367"]),
            ("loads", "order_lines", &["1", "500"], &["0", "501"]),
            ("publisher", "sender", &["\"licences@contoso.example\""], &["\"licences\""]),
            ("publisher", "support", &["\"help@contoso.example\""], &["\"help\""]),
            ("publisher", "name", &["\"Contoso\""], &["\"\"", "\" \""]),
        ] {
            let read = |value: &str| Policy::from_json(&format!(r#"{{"{section}":{{"{name}":{value}}}}}"#));
            for value in good {
                assert!(read(value).is_ok(), "{section}.{name} may be {value}");
            }
            for value in bad {
                let BadPolicy(why) = read(value).unwrap_err();
                let own = ["tries", "refused_days", "refusals", "renew_days", "move", "moves"];
                let named = if section == "addresses" && !own.iter().any(|own| name.starts_with(own)) {
                    "addresses.*".into()
                } else {
                    format!("{section}.{name}")
                };
                assert!(why.contains(&named), "{section}.{name} is {value}: {why}");
            }
        }
    }
}
