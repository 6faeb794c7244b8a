//! The embedded database's own rate: items that stand in one database written to another, with nothing read, judged or
//! awaited, over the same HTTP but without the SDK.

use std::{collections::BTreeMap, path::Path, time::Duration};

use dynoxide::{Item, actions::scan::ScanRequest};
use futures_util::future::try_join_all;
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
    /// The same as a program must send it that may be answered late or twice, and may meet others: under a name, and
    /// new items only where there are none. Any SDK adds the name.
    Guarded,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Table by table, so that what is written together lies together. Nobody who loads records has items like that.
    Tables,
    /// As they came: what hangs together in one transaction, whichever tables it is in.
    Came,
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
            Self::Transaction | Self::Guarded => 100,
        }
    }

    const fn operation(self) -> &'static str {
        match self {
            Self::Batch => "BatchWriteItem",
            Self::Transaction | Self::Guarded => "TransactWriteItems",
        }
    }
}

/// An item.
pub struct Stored {
    table: Table,
    json: String,
    /// When it came, from 0 to 1, among the items of its table.
    came: f64,
}

/// All items of the database in this file.
pub fn items(file: &Path) -> Result<Vec<Stored>, Error> {
    let database = rusqlite::Connection::open(file)?;
    let mut items = Vec::new();
    for table in Table::ALL {
        let name = format!("{TABLES}{}", table.as_str());
        let mut all = database.prepare(&format!(
            "SELECT item_json, (RANK() OVER (ORDER BY rowid)) * 1.0 / (COUNT(*) OVER ())
             FROM \"{name}\" ORDER BY hash_prefix, pk, sk"
        ))?;
        let rows = all.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        for row in rows {
            let (json, came) = row?;
            items.push(Stored { table: *table, json, came });
        }
    }
    Ok(items)
}

impl Requests {
    /// For these items.
    pub fn of(items: &[Stored], how: How, order: Order) -> Self {
        let mut requests = Self { how, bodies: Vec::new(), items: items.len(), bytes: 0 };
        let mut ordered: Vec<&Stored> = items.iter().collect();
        if order == Order::Came {
            ordered.sort_by(|one, other| one.came.total_cmp(&other.came));
        }
        for some in ordered.chunks(how.at_once()) {
            requests.bytes += some.iter().map(|item| item.json.len()).sum::<usize>();
            let name = format!("load-{}", requests.bodies.len());
            requests.bodies.push(body(how, some, &name).into_bytes());
        }
        requests
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

fn body(how: How, items: &[&Stored], name: &str) -> String {
    let full_name = |table: Table| format!("{TABLES}{}", table.as_str());
    let put = |item: &&Stored| {
        let (table, json) = (full_name(item.table), &item.json);
        let is_new = !matches!(item.table, Table::Listings | Table::Outbox);
        let condition = if how == How::Guarded && is_new {
            let key = item.table.key().0;
            format!(
                r##","ConditionExpression":"attribute_not_exists(#k)","ExpressionAttributeNames":{{"#k":"{key}"}},"ReturnValuesOnConditionCheckFailure":"ALL_OLD""##
            )
        } else {
            String::new()
        };
        format!(r#"{{"Put":{{"TableName":"{table}","Item":{json}{condition}}}}}"#)
    };
    match how {
        How::Batch => {
            let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for item in items {
                let of_table = tables.entry(full_name(item.table)).or_default();
                of_table.push(format!(r#"{{"PutRequest":{{"Item":{}}}}}"#, item.json));
            }
            let tables = tables.iter().map(|(table, puts)| format!(r#""{table}":[{}]"#, puts.join(",")));
            format!(r#"{{"RequestItems":{{{}}}}}"#, tables.collect::<Vec<_>>().join(","))
        }
        How::Transaction | How::Guarded => {
            let puts: Vec<String> = items.iter().map(put).collect();
            let rest = if how == How::Guarded {
                format!(r#","ClientRequestToken":"{name}","ReturnConsumedCapacity":"TOTAL""#)
            } else {
                String::new()
            };
            format!(r#"{{"TransactItems":[{}]{rest}}}"#, puts.join(","))
        }
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
