//! The embedded database's own rate: items that stand in one database written to another, with nothing read, judged or
//! awaited, over the same HTTP but without the SDK.

use std::{collections::BTreeMap, path::Path, time::Duration};

use dynoxide::{Item, actions::scan::ScanRequest};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use store::Table;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use crate::{Error, database::TABLES};

/// How items are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// 25 at once, each for itself.
    Batch,
    /// 100 at once, all or none.
    Transaction,
}

/// Requests, ready to be sent.
pub struct Requests {
    how: How,
    bodies: Vec<Vec<u8>>,
    /// So many items.
    pub items: usize,
    /// So many bytes, as the items' JSON.
    pub bytes: usize,
}

impl How {
    const fn at_once(self) -> usize {
        match self {
            Self::Batch => 25,
            Self::Transaction => 100,
        }
    }

    const fn operation(self) -> &'static str {
        match self {
            Self::Batch => "BatchWriteItem",
            Self::Transaction => "TransactWriteItems",
        }
    }
}

impl Requests {
    /// For all items of the database in this file.
    pub fn of(file: &Path, how: How) -> Result<Self, Error> {
        let database = dynoxide::Database::new(file.to_str().ok_or("a path")?)?;
        let mut requests = Self { how, bodies: Vec::new(), items: 0, bytes: 0 };
        let mut waiting = Vec::new();
        for table in Table::ALL {
            let name = format!("{TABLES}{}", table.as_str());
            each(&database, *table, |item| {
                waiting.push((name.clone(), serde_json::to_value(&item).unwrap_or_default()));
                if waiting.len() == how.at_once() {
                    requests.add(&mut waiting);
                }
            })?;
        }
        if !waiting.is_empty() {
            requests.add(&mut waiting);
        }
        Ok(requests)
    }

    fn add(&mut self, waiting: &mut Vec<(String, Value)>) {
        let items = std::mem::take(waiting);
        self.items += items.len();
        self.bytes += items.iter().map(|(_, item)| item.to_string().len()).sum::<usize>();
        let body = match self.how {
            How::Batch => {
                let mut tables: BTreeMap<String, Vec<Value>> = BTreeMap::new();
                for (table, item) in items {
                    tables.entry(table).or_default().push(json!({ "PutRequest": { "Item": item } }));
                }
                json!({ "RequestItems": tables })
            }
            How::Transaction => {
                let puts: Vec<Value> = items
                    .into_iter()
                    .map(|(table, item)| json!({ "Put": { "TableName": table, "Item": item } }))
                    .collect();
                json!({ "TransactItems": puts })
            }
        };
        self.bodies.push(body.to_string().into_bytes());
    }

    /// Sends all over so many connections. How long it took.
    pub async fn send(&self, endpoint: &str, connections: usize) -> Result<Duration, Error> {
        let address = endpoint.trim_start_matches("http://");
        let start = crate::process::clock();
        let ways = (0..connections).map(|nth| async move {
            let mut stream = BufReader::new(TcpStream::connect(address).await?);
            stream.get_ref().set_nodelay(true)?;
            for body in self.bodies.iter().skip(nth).step_by(connections) {
                self.send_one(&mut stream, address, body).await?;
            }
            Ok::<_, Error>(())
        });
        try_join_all(ways).await?;
        Ok(start.elapsed())
    }

    async fn send_one(&self, stream: &mut BufReader<TcpStream>, host: &str, body: &[u8]) -> Result<(), Error> {
        let head = format!(
            "POST / HTTP/1.1\r\nhost: {host}\r\nx-amz-target: DynamoDB_20120810.{}\r\n\
             content-type: application/x-amz-json-1.0\r\nx-amz-date: 20261122T000000Z\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=local/20261122/local/dynamodb/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature=0000\r\ncontent-length: {}\r\n\r\n",
            self.how.operation(),
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        let (mut status, mut length, mut line) = (String::new(), 0, String::new());
        stream.read_line(&mut status).await?;
        loop {
            line.clear();
            stream.read_line(&mut line).await?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            }
        }
        let mut answer = vec![0; length];
        stream.read_exact(&mut answer).await?;
        let text = String::from_utf8_lossy(&answer);
        if !status.contains(" 200 ") || text.contains("PutRequest") {
            return Err(format!("the database did not take a request: {status}{text}").into());
        }
        Ok(())
    }
}

/// Every item of a table.
pub fn each(database: &dynoxide::Database, table: Table, mut take: impl FnMut(Item)) -> Result<(), Error> {
    let mut after = None;
    loop {
        let page = database.scan(ScanRequest {
            table_name: format!("{TABLES}{}", table.as_str()),
            exclusive_start_key: after,
            ..ScanRequest::default()
        })?;
        page.items.unwrap_or_default().into_iter().for_each(&mut take);
        after = page.last_evaluated_key;
        if after.is_none() {
            return Ok(());
        }
    }
}
