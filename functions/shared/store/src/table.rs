//! The tables: names, keys, indexes, streams. The template and the local set-up are both held to this list by a test.

use aws_sdk_dynamodb::{
    Client,
    operation::create_table::CreateTableError,
    types::{
        AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
        GlobalSecondaryIndexUpdate, KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
        StreamSpecification, StreamViewType, TimeToLiveSpecification,
    },
};

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// Agreements, activations, requests and who holds what, by Licensing ID; requests to join, by account.
    Licences,
    /// Orders as they came.
    Orders,
    /// Products and customers.
    Catalogue,
    /// Organisation accounts.
    Accounts,
    /// What hangs on an address: listings, what it holds, requests that it decides, administered accounts, activations seen,
    /// suppression.
    Listings,
    /// Profiles, their sessions, owners of addresses, sign-in attempts.
    People,
    /// Audit chains and their heads.
    Audit,
    /// What is to be done afterwards.
    Outbox,
    /// The mail ledger.
    Mails,
    /// What is short-lived: limits, idempotency records, the sweep's watermark.
    Marks,
    /// API tokens, hashed.
    Tokens,
}

/// A secondary index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Index {
    /// Its name.
    pub name: &'static str,
    /// Partition key.
    pub partition: &'static str,
    /// Sort key and its type.
    pub sort: (&'static str, char),
    /// Whether it carries whole items or keys only.
    pub whole: bool,
}

/// Finds what falls due (EXP-02).
pub const DUE: Index = Index { name: "due", partition: "due_slot", sort: ("due_at", 'N'), whole: false };

/// Finds a customer's agreements, to follow a corrected name: only they have a first day beside a customer.
pub const BY_CUSTOMER: Index =
    Index { name: "by-customer", partition: "customer", sort: ("starts", 'S'), whole: false };

impl Table {
    /// All tables.
    pub const ALL: &'static [Self] = &[
        Self::Licences,
        Self::Orders,
        Self::Catalogue,
        Self::Accounts,
        Self::Listings,
        Self::People,
        Self::Audit,
        Self::Outbox,
        Self::Mails,
        Self::Marks,
        Self::Tokens,
    ];

    /// The name, without the deployment's prefix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Licences => "licences",
            Self::Orders => "orders",
            Self::Catalogue => "catalogue",
            Self::Accounts => "accounts",
            Self::Listings => "listings",
            Self::People => "people",
            Self::Audit => "audit",
            Self::Outbox => "outbox",
            Self::Mails => "mails",
            Self::Marks => "marks",
            Self::Tokens => "tokens",
        }
    }

    /// The key: partition, and sort with its type.
    pub const fn key(self) -> (&'static str, Option<(&'static str, char)>) {
        match self {
            Self::Licences => ("licensing_id", Some(("item", 'S'))),
            Self::Orders => ("order_id", None),
            Self::Catalogue => ("entry", None),
            Self::Accounts => ("account_id", None),
            Self::Listings => ("who", Some(("what", 'S'))),
            Self::People => ("person", Some(("item", 'S'))),
            Self::Audit => ("chain", Some(("seq", 'N'))),
            Self::Outbox => ("event_id", None),
            Self::Mails => ("mail", None),
            Self::Marks => ("mark", None),
            Self::Tokens => ("token_hash", None),
        }
    }

    /// The secondary indexes.
    pub const fn indexes(self) -> &'static [Index] {
        match self {
            Self::Licences => &[DUE, BY_CUSTOMER],
            Self::Outbox => &[DUE],
            Self::Orders => {
                &[DUE, Index { name: "by-licence", partition: "licensing_id", sort: ("order_id", 'S'), whole: true }]
            }
            Self::Audit => &[Index { name: "unsealed", partition: "unsealed", sort: ("chain", 'S'), whole: false }],
            Self::Mails => {
                &[Index { name: "by-licence", partition: "licensing_id", sort: ("queued_at", 'S'), whole: true }]
            }
            _ => &[],
        }
    }

    /// Whether changes are streamed to a function.
    pub const fn streams(self) -> bool {
        matches!(self, Self::Orders | Self::Outbox)
    }

    /// The attribute with the time after which an item is deleted, if items of this table are.
    pub const fn ttl(self) -> Option<&'static str> {
        match self {
            Self::Listings | Self::People | Self::Outbox | Self::Marks | Self::Mails => Some("expires"),
            _ => None,
        }
    }
}

/// Creates all tables that do not exist yet, and the indexes that those of a release before lack: on one machine and in tests. A
/// deployment has them from its template.
pub async fn create_all(client: &Client, prefix: &str) -> Result<(), crate::Error> {
    for table in Table::ALL {
        create(client, prefix, *table).await?;
    }
    Ok(())
}

async fn create(client: &Client, prefix: &str, table: Table) -> Result<(), crate::Error> {
    let refused = |error: &dyn std::fmt::Debug| crate::Error::Refused(format!("{table:?}: {error:?}"));
    let name = format!("{prefix}{}", table.as_str());
    let (partition, sort) = table.key();
    let mut types = std::collections::BTreeMap::from([(partition, 'S')]);
    types.extend(sort);
    for index in table.indexes() {
        types.insert(index.partition, 'S');
        types.insert(index.sort.0, index.sort.1);
    }
    let mut request = client
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_key_schema(Some(key_schema(partition, sort.map(|(name, _)| name))))
        .set_attribute_definitions(Some(types.into_iter().map(|(name, kind)| definition(name, kind)).collect()));
    for index in table.indexes() {
        let projection = if index.whole { ProjectionType::All } else { ProjectionType::KeysOnly };
        request = request.global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name(index.name)
                .set_key_schema(Some(key_schema(index.partition, Some(index.sort.0))))
                .projection(Projection::builder().projection_type(projection).build())
                .build()
                .map_err(|error| refused(&error))?,
        );
    }
    if table.streams() {
        let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(StreamViewType::NewImage);
        request = request.stream_specification(stream.build().map_err(|error| refused(&error))?);
    }
    match request.send().await {
        Ok(_) => {}
        Err(error) if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {
            return create_missing_indexes(client, &name, table).await;
        }
        Err(error) => return Err(crate::failed(&error)),
    }
    if let Some(attribute) = table.ttl() {
        let spec = TimeToLiveSpecification::builder().enabled(true).attribute_name(attribute);
        client
            .update_time_to_live()
            .table_name(&name)
            .time_to_live_specification(spec.build().map_err(|error| refused(&error))?)
            .send()
            .await
            .map_err(|error| crate::failed(&error))?;
    }
    Ok(())
}

/// One at a time, as DynamoDB wants it. What is stored already is found by them, too.
async fn create_missing_indexes(client: &Client, name: &str, table: Table) -> Result<(), crate::Error> {
    if table.indexes().is_empty() {
        return Ok(());
    }
    let refused = |error: &dyn std::fmt::Debug| crate::Error::Refused(format!("{table:?}: {error:?}"));
    let described = client.describe_table().table_name(name).send().await.map_err(|error| crate::failed(&error))?;
    let described = described.table.unwrap_or_else(|| unreachable!("what is described is a table"));
    let there =
        |index: &Index| described.global_secondary_indexes().iter().any(|it| it.index_name() == Some(index.name));
    for index in table.indexes().iter().filter(|index| !there(index)) {
        let projection = if index.whole { ProjectionType::All } else { ProjectionType::KeysOnly };
        let action = CreateGlobalSecondaryIndexAction::builder()
            .index_name(index.name)
            .set_key_schema(Some(key_schema(index.partition, Some(index.sort.0))))
            .projection(Projection::builder().projection_type(projection).build())
            .build()
            .map_err(|error| refused(&error))?;
        client
            .update_table()
            .table_name(name)
            .attribute_definitions(definition(index.partition, 'S'))
            .attribute_definitions(definition(index.sort.0, index.sort.1))
            .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(action).build())
            .send()
            .await
            .map_err(|error| crate::failed(&error))?;
    }
    Ok(())
}

fn definition(name: &str, kind: char) -> AttributeDefinition {
    let kind = if kind == 'N' { ScalarAttributeType::N } else { ScalarAttributeType::S };
    AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().expect("both are given")
}

fn key_schema(partition: &str, sort: Option<&str>) -> Vec<KeySchemaElement> {
    let element = |name: &str, kind| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("both are given")
    };
    let mut schema = vec![element(partition, KeyType::Hash)];
    schema.extend(sort.map(|name| element(name, KeyType::Range)));
    schema
}
