//! A customer with contacts, products and an activation: written as the functions write them, so that a test of one
//! function need not run the others.

use licensing::{
    Address, ContactName, Licence, ProductKind, ProfileId, Sku, Timestamp,
    access::Standing,
    account::Account,
    activation::{Activation, Entitlement, Line, Person},
    glance::Glance,
    import::record::{Agreement, Customer, Order, OrderLine, Product},
    join::{AskContext, AskOutcome, Join},
    judge::{Administers, Contacts, Facts, Progress, Undeliverable, judge},
    rights::Rights,
    seal::Link,
};
use store::{
    Write,
    activations::ActivationContext,
    audit::StoredHead,
    people::{Profile, Proven},
};

use super::{Bench, Browser};

/// Contoso's Licensing ID.
pub const LICENCE: &str = "enterprise/88590039";
/// An online service.
pub const MAIL: &str = "MAIL-ENT";
/// Cloud consumption.
pub const CLOUD: &str = "CLOUD-CR";
/// A service that is activated with a key.
pub const KEYED: &str = "DEVT-KEY";
/// Never activated online.
pub const SERVER: &str = "SRV-STD";

/// An address at Contoso.
pub fn at_contoso(name: &str) -> Address {
    format!("{name}@contoso.example").parse().expect("an address")
}

/// Contoso's contacts: `osm`, `notices`, `primary`, `bills`.
pub fn contacts() -> Contacts {
    Contacts::from([
        (ContactName::OnlineServicesManager, at_contoso("osm")),
        (ContactName::Notices, at_contoso("notices")),
        (ContactName::Primary, at_contoso("primary")),
        (ContactName::BillTo, at_contoso("bills")),
    ])
}

/// Contoso's Licensing ID.
pub fn licence() -> Licence {
    LICENCE.parse().expect("a licence")
}

/// A product's key.
pub fn sku(text: &str) -> Sku {
    text.parse().expect("a key")
}

/// An order of one line for Contoso, bought and usable on 2026-11-10.
pub fn order(id: &str, product: &str, quantity: u32) -> Order {
    Order {
        id: id.parse().expect("an id"),
        licence: licence(),
        purchased: "2026-11-10".parse().expect("a date"),
        usage_starts: "2026-11-10".parse().expect("a date"),
        reseller: None,
        lines: vec![OrderLine { product: sku(product), quantity }],
    }
}

fn product(key: &str, name: &str, kind: ProductKind) -> Product {
    Product { sku: sku(key), name: name.parse().expect("a text"), kind }
}

impl Bench {
    /// Stores Contoso: products, customer, agreement with its contacts.
    pub async fn contoso(&self) {
        self.contoso_with(contacts()).await;
    }

    /// Stores Contoso with these contacts.
    pub async fn contoso_with(&self, contacts: Contacts) {
        let store = &self.store;
        let mut write = Write::new();
        for (key, name, kind) in [
            (MAIL, "Mail and Calendar Enterprise", ProductKind::OnlineService),
            (CLOUD, "Cloud Consumption Commitment", ProductKind::Consumption),
            (KEYED, "Developer Tools Key", ProductKind::KeyedService),
            (SERVER, "Server Standard", ProductKind::OnPremises),
        ] {
            write.product(store, None, &product(key, name, kind));
        }
        let customer = Customer {
            id: "contoso".parse().expect("a key"),
            name: "Contoso".parse().expect("a text"),
            country: "SE".parse().expect("a country"),
            address: None,
        };
        write.customer(store, None, &customer);
        let agreement = Agreement {
            licence: licence(),
            customer: customer.id,
            starts: "2026-01-01".parse().expect("a date"),
            ends: "2028-12-31".parse().expect("a date"),
            loaded_contacts: contacts,
            parent: None,
            authorization_number: None,
        };
        write.agreement(store, None, &agreement, "Contoso");
        write.commit(store).await.expect("an empty database takes Contoso");
    }

    /// Stores one more online service.
    pub async fn online_service(&self, key: &str) {
        let mut write = Write::new();
        write.product(&self.store, None, &product(key, key, ProductKind::OnlineService));
        write.commit(&self.store).await.expect("a new product is taken");
    }

    /// Has an endpoint set a product up, or none any more.
    pub async fn set_endpoint(&self, product: &str, url: Option<&str>) {
        let slot = store::licences::product(&sku(product));
        let before = self.store.get(&slot).await.expect("the database answers").expect("it is stored");
        let mut write = Write::new();
        write.product_endpoint(&self.store, &before, url.map(|url| url.parse().expect("an address")));
        write.commit(&self.store).await.expect("nobody else writes");
    }

    /// Stores an invited activation of 25 as an order would make it, without its order. The token of its link.
    pub async fn invite(&self, product: &str) -> String {
        let product = sku(product);
        let store = &self.store;
        let context = store.activation_context(&licence(), &product).await.expect("the database answers");
        let record = store
            .get(&store::licences::product(&product))
            .await
            .expect("the database answers")
            .expect("it is stored")
            .record;
        let agreement = context.agreement.as_ref().expect("Contoso is stored");
        let line = Line {
            order: "PO-1".parse().expect("an id"),
            line: 1,
            quantity: 25,
            purchased: "2026-11-10".parse().expect("a date"),
            usage_starts: "2026-11-10".parse().expect("a date"),
        };
        let facts = Facts {
            kind: record.kind,
            contacts: agreement.record.contacts(),
            undeliverable: Undeliverable::default(),
            progress: Progress::None,
            osm_administers: Administers::Nothing,
            purchased: line.purchased,
            usage_starts: line.usage_starts,
        };
        let (now, policy) = (self.app.now(), &self.app.policy.links);
        let entitlement = Entitlement {
            licence: &licence(),
            product: &product,
            product_name: record.name.as_str(),
            kind: record.kind,
            customer: &agreement.record.customer,
            customer_name: "Contoso",
            contacts: agreement.record.contacts(),
            by_endpoint: false,
        };
        let step = Activation::open(&entitlement, &line, &judge(&facts, now, policy), "", now, policy)
            .expect("a first order opens");
        store.write_step(&step, context.head.as_ref(), now, policy, Write::new()).await.expect("it is written");
        self.token(product.as_str()).await
    }

    /// The token of an activation's newest link.
    pub async fn token(&self, product: &str) -> String {
        let generation = self.activation(product).await.generation;
        self.app.keys.links().seal(&Link::Activation { licence: licence(), product: sku(product), generation })
    }

    /// The activation as it is stored.
    pub async fn activation(&self, product: &str) -> Activation {
        self.context(product).await.activation.expect("it is stored")
    }

    /// The activation as it is stored, with what stands around it.
    pub async fn context(&self, product: &str) -> ActivationContext {
        self.store.activation_context(&licence(), &sku(product)).await.expect("the database answers")
    }

    /// What is told of Contoso at a glance is what counting gives; false where it is not known.
    pub async fn glance_is_right(&self) -> bool {
        let chain = licensing::audit::licence_chain(&licence());
        let head = self.store.audit_head(&chain).await.expect("the database answers");
        let Some(glance) = head.as_ref().and_then(StoredHead::glance) else { return false };
        let activations = self.store.activations_of(&licence()).await.expect("the database answers");
        let requests = self.store.requests_of(&licence()).await.expect("the database answers");
        let waiting = requests.iter().filter(|request| request.is_counted()).count();
        assert_eq!(
            *glance,
            Glance::of(activations.iter().map(Activation::share), waiting),
            "the glance is what counting gives"
        );
        true
    }

    /// The name of the activation's state.
    pub async fn state(&self, product: &str) -> &'static str {
        self.activation(product).await.state.phase().as_str()
    }

    /// Stores an account of Contoso's with these global administrators, as an operator loads it.
    pub async fn account(&self, id: &str, global_admins: &[&str]) -> Account {
        let account = Account {
            id: id.parse().expect("an id"),
            name: format!("Account {id}"),
            customer: "contoso".parse().ok(),
            domains: Vec::new(),
            global_admins: global_admins.iter().map(|admin| admin.parse().expect("an address")).collect(),
            billing_admins: Vec::new(),
            members: Vec::new(),
            loaded: true,
            made_for: None,
            version: 1,
        };
        let mut write = Write::new();
        write.account(&self.store, None, &account);
        write.commit(&self.store).await.expect("the database takes it");
        account
    }

    /// Has a signed-in person activate a product, as their listing on the agreement lets them, on an account.
    pub async fn activate_as(&self, address: &str, product: &str, account: &str) {
        let (by, context) = (self.person(address).await, self.context(product).await);
        let contacts = context.contacts;
        let proven = [by.address.clone()];
        let rights = Rights::by(&Standing::naming(&contacts), &proven, Timestamp::UNIX_EPOCH);
        let (now, policy) = (self.app.now(), &self.app.policy.links);
        let (account, name) = (account.parse().expect("an id"), format!("Account {account}"));
        let activation = context.activation.expect("it is stored");
        let step = activation.confirm(by, &proven, &rights, None, account, name, "r".into(), false, now, policy);
        let step = step.expect("the person may");
        self.store.write_step(&step, context.head.as_ref(), now, policy, Write::new()).await.expect("it is written");
    }

    /// The person who holds an address.
    pub async fn person(&self, address: &str) -> Person {
        let address: Address = address.parse().expect("an address");
        let owner = self.store.get(&store::people::owner(&address)).await.expect("the database answers");
        Person { profile: owner.expect("somebody holds it").profile, address }
    }

    /// Stores a request to join an account, on the way to activating `product`, without the function that takes it.
    pub async fn ask_to_join(&self, account: &Account, by: &Person, product: &str) -> Join {
        let activation = self.activation(product).await;
        let context = self.store.join_context(&account.id, &by.profile).await.expect("the database answers");
        let addresses = [by.address.clone()];
        let asking = AskContext { by, addresses: &addresses, name: "Olga Smith", account, activation: &activation };
        let (now, policy) = (self.app.now(), &self.app.policy.joins);
        let asked = Join::ask(context.join.clone(), &asking, |_| false, now, policy).expect("it may be asked");
        let AskOutcome::New(step) = asked else { panic!("it was asked before") };
        self.store.write_join(&step, &context, now, Write::new()).await.expect("it is written");
        step.into_after()
    }

    /// The token of the link that a request's administrator is mailed.
    pub fn join_token(&self, join: &Join, to: &str) -> String {
        let (account, asker) = (join.account.clone(), join.by.profile.clone());
        let to = to.parse().expect("an address");
        self.app.keys.links().seal(&Link::Join { account, asker, generation: join.generation, to })
    }

    /// A browser in which the person who holds an address is signed in by it.
    pub async fn signed_in_again(&self, address: &str) -> Browser {
        let person = self.person(address).await;
        let slot = store::people::profile(&person.profile);
        let profile = self.store.get(&slot).await.expect("the database answers").expect("it is stored");
        let mut write = Write::new();
        let begun = crate::session::begin(&self.app, &mut write, &profile, &person.address, "test", self.app.now());
        write.commit(&self.store).await.expect("nothing is in its way");
        with_session(&begun)
    }

    /// A browser in which a person with these proven addresses is signed in, by the first of them.
    pub async fn signed_in(&self, addresses: &[&str]) -> Browser {
        let now = self.app.now();
        let addresses: Vec<Address> = addresses.iter().map(|address| address.parse().expect("an address")).collect();
        let id: ProfileId = self.app.chance.name().parse().expect("an id");
        let profile = Profile {
            profile: id.clone(),
            first_name: String::new(),
            last_name: String::new(),
            language: "en".into(),
            phone: String::new(),
            country: "SE".parse().ok(),
            addresses: addresses.iter().map(|address| Proven::new(address.clone(), now, None)).collect(),
            pending: Vec::new(),
            arriving: Vec::new(),
            moves: None,
            refused: Vec::new(),
            proof_generation: 0,
            proofs: None,
            proofs_failed: None,
            saves: None,
            epoch: 0,
            browsers: vec![],
            since: now,
            version: 1,
        };
        let mut write = Write::new();
        write.profile(&self.store, None, &profile);
        for address in &addresses {
            write.owner(&self.store, address, &id, now);
        }
        let begun = crate::session::begin(&self.app, &mut write, &profile, &addresses[0], "test", now);
        write.commit(&self.store).await.expect("nobody else has these addresses");
        with_session(&begun)
    }
}

fn with_session(begun: &crate::session::Begun) -> Browser {
    let browser = Browser::new();
    let (name, rest) = begun.cookie.split_once('=').expect("a cookie");
    browser.put_cookie(name, rest.split(';').next().unwrap_or_default());
    browser
}
