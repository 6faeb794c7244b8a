//! `countersign stuck`: activations that may need an operator (ACT-03, LINK-11), requests for permission on which nobody decides
//! (REQ-05, REQ-07), and audit chains that were tampered with (SAFE-01).

use std::error::Error;

use clap::Args;
use licensing::{
    CustomerId, Programme, Sku, Timestamp,
    activation::{Activation, Setup, State},
    event::Event,
    phase::Phase,
    request::{Nobody, Request},
    words::Number,
};
use serde::Serialize;
use store::{outbox, requests::ForOperators};

use crate::{
    Done, audit,
    connected::{operator, with_app},
    out,
};

/// List the activations that may need you, the longest waiting first: no contact could be emailed, someone asked for a new link,
/// or the endpoint refused to set it up or takes long. Also lists requests for permission that nobody can decide, or nobody decided
/// for long, and audit chains that someone tampered with. Of the requests for Licensing IDs that are not loaded, it lists the newest
/// 50 at the end.
///
/// Exit code 1 if one of them needs you. Requests for Licensing IDs that are not loaded don't count: anybody can make them.
#[derive(Debug, Args)]
pub(crate) struct Stuck {
    /// Also list activations that the endpoint began to set up a moment ago.
    #[arg(long)]
    all: bool,

    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// A line of `--json`.
#[derive(Debug, Serialize)]
struct Row {
    programme: Programme,
    number: Number,
    product: Sku,
    product_name: String,
    customer: CustomerId,
    customer_name: String,
    /// Since when it waits.
    since: Timestamp,
    #[serde(flatten)]
    why: Why,
    /// Whether its link has expired meanwhile.
    link_expired: bool,
    /// How often the endpoint was asked in vain, and what was wrong the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<EndpointTries>,
}

#[derive(Debug, Serialize)]
struct EndpointTries {
    tries: u32,
    trouble: String,
}

impl Stuck {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        with_app(async |app| {
            operator(app).await?;
            let mut rows = Vec::new();
            for listed in app.store.activations_for_operators().await? {
                // As it is now: the row may be a moment old.
                let Some(activation) = app.store.activation(&listed.licence, &listed.product).await? else { continue };
                rows.extend(row(app, activation, self.all).await?);
            }
            rows.sort_by(|one, other| {
                let key = |row: &Row| (row.since, row.programme, row.number.clone(), row.product.clone());
                key(one).cmp(&key(other))
            });
            for row in &rows {
                if self.json { out::json(row) } else { tell(row) }
            }
            let mut requests = app.store.requests_for_operators(app.now()).await?;
            requests.known.sort_by_key(|request| request.asked_at);
            for request in &requests.known {
                self.tell_of(request);
            }
            let broken = audit::not_sealed(app, audit::Which::TamperedWith).await?;
            for chain in &broken {
                if self.json { out::json(chain) } else { chain.tell() }
            }
            self.tell_unknown(&requests);
            let needed =
                !broken.is_empty() || !requests.known.is_empty() || rows.iter().any(|row| row.why.needs_operator);
            Ok(if needed { Done::WithFindings } else { Done::Fine })
        })
    }
}

impl Stuck {
    fn tell_of(&self, request: &Request) {
        let undecided = Undecided::of(request);
        if self.json { out::json(&undecided) } else { undecided.tell() }
    }

    /// Requests for Licensing IDs that are not loaded: the newest, and how many more.
    fn tell_unknown(&self, requests: &ForOperators) {
        let (unknown, more) = (&requests.unknown, requests.more_unknown);
        if !self.json && !unknown.is_empty() {
            println!("Requests for Licensing IDs that are not loaded, the newest first:");
        }
        for request in unknown {
            self.tell_of(request);
        }
        if more > 0 && self.json {
            out::json(&More { kind: "more-unknown-licences", more });
        } else if more > 0 {
            println!("And up to {more} older ones.");
        }
    }
}

/// The last line of `--json`, where there are more requests for Licensing IDs that are not loaded than it lists.
#[derive(Debug, Serialize)]
struct More {
    kind: &'static str,
    /// Up to so many: some of them may have ended.
    more: usize,
}

/// A request for permission that needs an operator, as a line of `--json`.
#[derive(Debug, Serialize)]
struct Undecided {
    programme: Programme,
    number: Number,
    /// Who asks.
    asked_by: String,
    /// For what.
    roles: String,
    /// Since when.
    since: Timestamp,
    /// When it ends.
    ends: Timestamp,
    kind: &'static str,
    text: String,
}

impl Undecided {
    fn of(request: &Request) -> Self {
        let (kind, text) = match request.route.as_ref().and_then(|route| route.nobody) {
            Some(Nobody::Unknown) => ("unknown-licence", "the Licensing ID is not loaded: load it, or wait"),
            Some(Nobody::NoAdministrator) => {
                ("no-administrator", "it has no other Administrator: load a contact who can be one")
            }
            Some(Nobody::Unreachable) => {
                ("unreachable", "email reaches none of its Administrators: correct a contact, or lift what stops it")
            }
            None => ("undecided", "nobody has decided: the notices contact knows since"),
        };
        Self {
            programme: request.licence.programme,
            number: request.licence.number.clone(),
            asked_by: request.by.address.as_str().into(),
            roles: request.asked.to_string(),
            since: request.asked_at,
            ends: request.ends_at,
            kind,
            text: match request.told.undecided_at {
                Some(at) if kind == "undecided" => format!("{text} {at}"),
                _ => text.into(),
            },
        }
    }

    fn tell(&self) {
        println!("{}/{} {} asks for {}", self.programme, self.number, self.asked_by, self.roles);
        println!("    {}; since {}, ends {}", self.text, self.since, self.ends);
    }
}

fn tell(row: &Row) {
    println!("{}/{} {}  {} ({})", row.programme, row.number, row.product, row.customer_name, row.product_name);
    println!("    {}", row.why.text);
    if row.link_expired && row.why.kind != Kind::RevivalAsked {
        println!("    its link has expired since: `countersign revive` sends a new one");
    }
    if let Some(EndpointTries { tries, trouble }) = &row.endpoint {
        println!("    asked {tries} times without success, the last time: {trouble}");
    }
}

async fn row(app: &gateway::App, activation: Activation, all: bool) -> Result<Option<Row>, Box<dyn Error>> {
    let now = app.now();
    let found = why(&activation, activation.takes_long(now, &app.policy.links));
    let Some((since, why)) = found.filter(|(_, why)| why.needs_operator || all) else { return Ok(None) };
    let endpoint = match &activation.state {
        State::Provisioning(setup) => asked(app, &activation, setup).await?,
        _ => None,
    };
    Ok(Some(Row {
        link_expired: activation.phase(now) == Phase::Expired,
        programme: activation.licence.programme,
        number: activation.licence.number,
        product: activation.product,
        product_name: activation.product_name,
        customer: activation.customer,
        customer_name: activation.customer_name,
        since,
        why,
        endpoint,
    }))
}

/// Why an activation may need an operator.
#[derive(Debug, Serialize)]
pub(crate) struct Why {
    kind: Kind,
    pub(crate) text: String,
    needs_operator: bool,
}

impl Why {
    /// Whether it does need one, or may come right by itself.
    pub(crate) const fn needs_operator(&self) -> bool {
        self.needs_operator
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    NobodyReached,
    RevivalAsked,
    SetUpRefused,
    SetUpSlow,
    BeingSetUp,
}

/// Why an activation may need an operator, and since when it waits; none if it doesn't.
pub(crate) fn why(activation: &Activation, takes_long: bool) -> Option<(Timestamp, Why)> {
    let (since, kind, text) = match &activation.state {
        State::Stuck { since, revival_asked, .. } => {
            let cure = "correct a contact, or wait for an order that names one";
            let asked = revival_asked.as_ref().map_or_else(String::new, |asked| {
                format!("; {} asked for a new link at {}", asked.by.address.as_str(), asked.at)
            });
            (*since, Kind::NobodyReached, format!("no contact could be emailed since {since}: {cure}{asked}"))
        }
        State::Expired { revival_asked: Some(asked), .. } => {
            let (who, at) = (asked.by.address.as_str(), asked.at);
            let cure = "`countersign revive` or `countersign decline`";
            (at, Kind::RevivalAsked, format!("{who} asked for a new link at {at}: {cure}"))
        }
        State::Provisioning(Setup { refused: Some(refusal), .. }) => {
            let (at, reason) = (refusal.at, &refusal.reason);
            let cure = "remove the cause, then run `countersign provisioning retry`";
            (at, Kind::SetUpRefused, format!("its endpoint refused to set it up at {at}: {reason}; {cure}"))
        }
        State::Provisioning(Setup { in_use, .. }) if takes_long => (
            in_use.at,
            Kind::SetUpSlow,
            format!("being set up since {}, longer than usual: check its endpoint", in_use.at),
        ),
        State::Provisioning(Setup { in_use, .. }) => {
            (in_use.at, Kind::BeingSetUp, format!("being set up since {}", in_use.at))
        }
        _ => return None,
    };
    Some((since, Why { kind, text, needs_operator: kind != Kind::BeingSetUp }))
}

/// How asking the endpoint goes, where it was asked in vain.
async fn asked(
    app: &gateway::App,
    activation: &Activation,
    setup: &Setup,
) -> Result<Option<EndpointTries>, Box<dyn Error>> {
    let (licence, product) = (activation.licence.clone(), activation.product.clone());
    let event = Event::Provision { licence, product, version: setup.asked };
    let queued = app.store.get(&outbox::queued(&event.id())).await?;
    Ok(queued.and_then(|queued| Some(EndpointTries { trouble: queued.trouble?, tries: queued.tries })))
}
