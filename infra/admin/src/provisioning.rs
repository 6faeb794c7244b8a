//! `countersign provisioning`: which products an endpoint sets up, and having it asked again (LINK-11).

use std::error::Error;

use clap::{Args, Subcommand};
use licensing::{Sku, audit::Note, event::Receiver, outside::Endpoint};
use store::{Write, licences};

use crate::{
    Done,
    connected::{actor, endpoint, not_written, operator, secret_of, with_app},
    operate::{Which, change, checked},
    operators::OPERATORS,
};

/// Provisioning endpoints: the services that set a product up when someone activates it.
#[derive(Debug, Args)]
pub(crate) struct Provisioning {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set a product's endpoint. Prints the secret that its requests are signed with.
    Set {
        /// The product's key.
        product: String,
        /// Its address: https://, port 443, a host name with public IP addresses only.
        url: String,
    },
    /// Remove a product's endpoint. Activations that wait for its answer are in use from then on.
    Remove {
        /// The product's key.
        product: String,
    },
    /// Show a product's endpoint.
    Show {
        /// The product's key.
        product: String,
    },
    /// Ask the endpoint again at once: after a refusal, or instead of waiting.
    Retry {
        #[command(flatten)]
        which: Which,
        /// Why. The customer's Administrators read it.
        #[arg(long)]
        reason: String,
    },
}

impl Provisioning {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        match &self.command {
            Command::Set { product, url } => set(&key(product)?, Some(endpoint(url)?)),
            Command::Remove { product } => set(&key(product)?, None),
            Command::Show { product } => show(&key(product)?),
            Command::Retry { which, reason } => {
                let reason = checked(reason)?;
                let (licence, product) = which.keys()?;
                change(&licence, &product, |_, by, seen| seen.activation.ask_endpoint_again(actor(by), reason))
            }
        }
    }
}

fn key(text: &str) -> Result<Sku, Box<dyn Error>> {
    Ok(text.parse().map_err(|error| format!("The product's key {error}."))?)
}

fn set(product: &Sku, url: Option<Endpoint>) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        let by = operator(app).await?;
        let before = app
            .store
            .get(&licences::product(product))
            .await?
            .ok_or("There is no such product. Load it with a `product` row (`countersign import`).")?;
        let secret = secret_of(&Receiver::Endpoint { product: product.clone() })?;
        let mut write = Write::new();
        write.product_endpoint(&app.store, &before, url.clone());
        let action = if url.is_some() { "provisioning.set" } else { "provisioning.removed" };
        let at = url
            .as_ref()
            .or(before.endpoint.as_ref())
            .ok_or("The product has no endpoint, so there is nothing to remove.")?;
        let note = Note::new(action, actor(&by)).fact("product", product).fact("url", at);
        let head = app.store.audit_head(OPERATORS).await?;
        write.audit(&app.store, OPERATORS, head.as_ref(), note, app.now());
        write.commit(&app.store).await.map_err(not_written)?;
        match url {
            Some(url) => {
                eprintln!(
                    "From now on {url} sets up {product}. Give this secret to the people who check its signatures:"
                );
                println!("{secret}");
            }
            None => eprintln!("From now on {product} is in use as soon as someone confirms it."),
        }
        Ok(Done::Fine)
    })
}

fn show(product: &Sku) -> Result<Done, Box<dyn Error>> {
    with_app(async |app| {
        operator(app).await?;
        let found = app
            .store
            .get(&licences::product(product))
            .await?
            .ok_or("There is no such product. Load it with a `product` row (`countersign import`).")?;
        match found.endpoint {
            Some(url) => println!("{url}"),
            None => eprintln!("{product} has no endpoint: it is in use as soon as someone confirms it."),
        }
        Ok(Done::Fine)
    })
}
