#!/usr/bin/env bash
# dynoxide-rs 3.2.0: a write that changes nothing leaves a record in the table's stream.
#
# DynamoDB's guide to streams says that a PutItem or UpdateItem that does not change any data in an item writes no record. A program may
# write an item unchanged to get a record, and so be called again. That works here, and never on DynamoDB.
set -euo pipefail
versions="dynoxide-rs =3.2.0"
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'T'
[package]
name = "serve"
version = "0.1.0"
edition = "2021"
[dependencies]
dynoxide-rs = { version = "=3.2.0", default-features = false, features = ["native-sqlite", "http-server"] }
tokio = { version = "1", features = ["rt-multi-thread", "net", "macros"] }
T
cat > "$folder/src/main.rs" <<'R'
#[tokio::main]
async fn main() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let _ = dynoxide::server::serve_on(listener, dynoxide::Database::memory().unwrap()).await;
}
R
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$folder/target}"
cargo build --quiet --manifest-path "$folder/Cargo.toml"
"$CARGO_TARGET_DIR/debug/serve" > "$folder/address" 2> "$folder/log" &
server=$!
for _ in $(seq 100); do [ -s "$folder/address" ] && break || sleep 0.1; done
ask() {
    curl -s "http://$(cat "$folder/address")/" -H "x-amz-target: $1" -H 'content-type: application/x-amz-json-1.0' -d "$2" \
        -H 'authorization: AWS4-HMAC-SHA256 Credential=test/20261130/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x' \
        -H 'x-amz-date: 20261130T000000Z'
}
of=DynamoDB_20120810
ask $of.CreateTable '{"TableName": "things", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}}' > "$folder/made"
for _ in 1 2 3; do
    ask $of.PutItem '{"TableName": "things", "Item": {"id": {"S": "one"}, "colour": {"S": "red"}}}' > "$folder/put"
done
field() { python3 -c "import json, sys; value = json.load(sys.stdin)
for key in sys.argv[1:]: value = value[int(key) if key.isdigit() else key]
print(value)" "$@"; }
streams=DynamoDBStreams_20120810
arn=$(field TableDescription LatestStreamArn < "$folder/made")
shard=$(ask $streams.DescribeStream "{\"StreamArn\": \"$arn\"}" | field StreamDescription Shards 0 ShardId)
from=$(ask $streams.GetShardIterator "{\"StreamArn\": \"$arn\", \"ShardId\": \"$shard\", \"ShardIteratorType\": \"TRIM_HORIZON\"}" | field ShardIterator)
records=$(ask $streams.GetRecords "{\"ShardIterator\": \"$from\"}" | python3 -c '
import json, sys
print(json.dumps([record["eventName"] for record in json.load(sys.stdin)["Records"]]))')
echo "versions: $versions"
echo "records after the same item was put three times: $records"
if [ "$records" != '["INSERT", "MODIFY", "MODIFY"]' ]; then
    echo "it behaves in another way now"
    exit 1
fi
echo "as found: two records of a change that was none"
