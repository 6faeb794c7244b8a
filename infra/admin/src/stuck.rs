//! `countersign stuck`: activations that may need an operator (ACT-03, LINK-11).

use std::error::Error;

use clap::Args;
use licensing::{
    activation::{Activation, Setup, State},
    event::Event,
    explain::Standing,
};
use store::outbox;

use crate::{
    Done,
    connected::{operator, with_app},
};

/// List activations that may need you: nobody could be written to, somebody asks for an ended link to be revived, or setting
/// them up was refused or takes long.
///
/// Exit code 1 where there is one that does.
#[derive(Debug, Args)]
pub(crate) struct Stuck {
    /// Also those that are being set up since a moment ago.
    #[arg(long)]
    all: bool,
}

impl Stuck {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        with_app(async |app| {
            operator(app).await?;
            let mut done = Done::Fine;
            for row in app.store.activations_for_operators().await? {
                // As it is now: the row may be a moment old.
                let Some(activation) = app.store.activation(&row.licence, &row.product).await? else { continue };
                let now = app.now();
                let Some(why) = why(&activation, activation.takes_long(now, &app.policy.links)) else { continue };
                if !why.needs_operator && !self.all {
                    continue;
                }
                if why.needs_operator {
                    done = Done::WithFindings;
                }
                println!("{} {}  {} ({})", row.licence, row.product, row.customer_name, row.product_name);
                println!("    {}", why.text);
                if activation.standing(now) == Standing::Expired {
                    println!("    its link has ended meanwhile: `countersign revive`");
                }
                if let State::Provisioning(setup) = &activation.state {
                    for line in asked(app, &activation, setup).await? {
                        println!("    {line}");
                    }
                }
            }
            Ok(done)
        })
    }
}

struct Why {
    text: String,
    needs_operator: bool,
}

fn why(activation: &Activation, takes_long: bool) -> Option<Why> {
    let (text, needs_operator) = match &activation.state {
        State::Stuck { since, .. } => {
            let text =
                format!("nobody could be written to since {since}: correct a contact, or an order with one comes");
            (text, true)
        }
        State::Expired { revival_asked: Some(asked), .. } => {
            let (who, at) = (asked.by.address.as_str(), asked.at);
            (format!("{who} asked at {at} for its link to be revived"), true)
        }
        State::Provisioning(Setup { refused: Some(refusal), .. }) => {
            let help = "mend it, then `countersign provisioning retry`";
            (format!("setting it up was refused at {}: {}; {help}", refusal.at, refusal.reason), true)
        }
        State::Provisioning(Setup { in_use, .. }) if takes_long => {
            (format!("is being set up since {}, which is longer than usual", in_use.at), true)
        }
        State::Provisioning(Setup { in_use, .. }) => (format!("is being set up since {}", in_use.at), false),
        _ => return None,
    };
    Some(Why { text, needs_operator })
}

/// How asking the endpoint goes.
async fn asked(app: &gateway::App, activation: &Activation, setup: &Setup) -> Result<Vec<String>, Box<dyn Error>> {
    let (licence, product) = (activation.licence.clone(), activation.product.clone());
    let event = Event::Provision { licence, product, version: setup.asked };
    let Some(queued) = app.store.get(&outbox::queued(&event.id())).await? else { return Ok(Vec::new()) };
    let mut lines = Vec::new();
    if let Some(trouble) = &queued.trouble {
        lines.push(format!("asked {} times in vain, the last time: {trouble}", queued.tries));
    }
    Ok(lines)
}
