#!/usr/bin/env bash
# dynoxide-rs 3.2.0: BatchGetItem treats the numbers 1 and 1.0 as two keys.
#
# DynamoDB compares numbers by value: 1 and 1.0 are one key, and a batch that names one key twice is refused ("Provided list of item keys
# contains duplicates"). dynoxide stores one item for both, but its batch answers with that item twice.
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
ask $of.CreateTable '{"TableName": "things", "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "n", "AttributeType": "N"}]}' > "$folder/made"
ask $of.PutItem '{"TableName": "things", "Item": {"n": {"N": "1"}, "by": {"S": "1"}}}' > "$folder/put"
ask $of.PutItem '{"TableName": "things", "Item": {"n": {"N": "1.0"}, "by": {"S": "1.0"}}}' > "$folder/put"
stored=$(ask $of.Scan '{"TableName": "things", "Select": "COUNT"}')
twice=$(ask $of.BatchGetItem '{"RequestItems": {"things": {"Keys": [{"n": {"N": "1"}}, {"n": {"N": "1"}}]}}}')
forms=$(ask $of.BatchGetItem '{"RequestItems": {"things": {"Keys": [{"n": {"N": "1"}}, {"n": {"N": "1.0"}}]}}}')
echo "versions: $versions"
echo "stored after putting 1 and 1.0: $stored"
echo "asked for 1 and 1:   $twice"
echo "asked for 1 and 1.0: $forms"
if ! grep -q '"Count":1' <<< "$stored" || ! grep -q duplicates <<< "$twice" || [ "$(grep -o '"by"' <<< "$forms" | wc -l)" != 2 ]; then
    echo "it behaves in another way now"
    exit 1
fi
echo "as found: one item is stored, and a batch gives it twice"
