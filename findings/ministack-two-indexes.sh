#!/usr/bin/env bash
# ministack 1.5.33: one UpdateTable can add two secondary indexes, which DynamoDB refuses. A new index also contains items whose attribute
# has another type than the index's key.
#
# DynamoDB creates or deletes one index in a call, so a template that adds two passes here and fails there. DynamoDB leaves items with an
# attribute of another type out of a new index.
set -euo pipefail
packages="ministack==1.5.33 boto3==1.43.106"
folder=$(mktemp -d)
cloud=
trap '[ -z "$cloud" ] || kill "$cloud" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
# shellcheck disable=SC2086
"$folder/python/bin/pip" install --quiet --disable-pip-version-check $packages
export PATH="$folder/python/bin:$PATH" AWS_DEFAULT_REGION=eu-west-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
GATEWAY_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export GATEWAY_PORT BIND_HOST=127.0.0.1
(cd "$folder" && exec python3 -m ministack) > "$folder/cloud.log" 2>&1 &
cloud=$!
cat > "$folder/look.py" <<'P'
import json, os, time
import boto3

database = boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}")
for _ in range(150):
    try:
        database.list_tables()
        break
    except Exception:
        time.sleep(0.2)
database.create_table(
    TableName="things", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
)
database.put_item(TableName="things", Item={"id": {"S": "text"}, "colour": {"S": "red"}})
database.put_item(TableName="things", Item={"id": {"S": "number"}, "colour": {"N": "7"}})
create = lambda name, key: {"Create": {
    "IndexName": name, "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}}
try:
    database.update_table(
        TableName="things", GlobalSecondaryIndexUpdates=[create("by-colour", "colour"), create("by-size", "size")],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ["id", "colour", "size"]],
    )
    added = sorted(index["IndexName"] for index in database.describe_table(TableName="things")["Table"]["GlobalSecondaryIndexes"])
except database.exceptions.ClientError as error:
    added = str(error)
found = database.scan(TableName="things", IndexName="by-colour")["Items"] if isinstance(added, list) else []
print(json.dumps({"added": added, "in the index of texts": sorted(item["id"]["S"] for item in found)}))
P
echo "versions: $packages"
seen=$(python3 "$folder/look.py")
echo "seen: $seen"
if [ "$seen" != '{"added": ["by-colour", "by-size"], "in the index of texts": ["number", "text"]}' ]; then
    echo "it behaves in another way now"
    exit 1
fi
echo "as found: two indexes in one call, and the item with a number in the index whose key is a text"
