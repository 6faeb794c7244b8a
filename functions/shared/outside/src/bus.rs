//! The event bus.

use aws_sdk_eventbridge::{Client, error::ProvideErrorMetadata, types::PutEventsRequestEntry};
use licensing::message::Message;

use crate::Trouble;

/// Where messages are published.
#[derive(Debug, Clone)]
pub enum Bus {
    /// Amazon EventBridge, or what stands in for it on one machine.
    EventBridge {
        /// Its client.
        client: Client,
        /// The bus's name.
        name: String,
    },
    /// Kept in memory, for tests.
    #[cfg(any(test, feature = "testing"))]
    Memory(crate::testing_bus::Published),
}

/// Who publishes, as rules on the bus match it.
const SOURCE: &str = "countersign";

impl Bus {
    pub(crate) async fn publish(&self, message: &Message) -> Result<(), Trouble> {
        let detail = detail(message);
        match self {
            Self::EventBridge { client, name } => {
                let entry = PutEventsRequestEntry::builder()
                    .event_bus_name(name)
                    .source(SOURCE)
                    .detail_type(message.what.as_str())
                    .detail(detail)
                    .build();
                let answer = Box::pin(client.put_events().entries(entry).send()).await.map_err(|error| {
                    let code = error.as_service_error().and_then(|error| error.code()).unwrap_or("no answer");
                    Trouble::Bus(code.to_owned())
                })?;
                match answer.entries().iter().find_map(|entry| entry.error_code()) {
                    Some(code) => Err(Trouble::Bus(code.to_owned())),
                    None => Ok(()),
                }
            }
            #[cfg(any(test, feature = "testing"))]
            Self::Memory(published) => published.keep(message.what.as_str(), detail),
        }
    }
}

/// The same text as webhooks get, with the message's id: at least once, so subscribers need it.
fn detail(message: &Message) -> String {
    let mut detail: serde_json::Value = serde_json::from_str(&message.body()).unwrap_or_default();
    if let Some(fields) = detail.as_object_mut() {
        fields.insert("id".into(), message.id().into());
    }
    detail.to_string()
}
