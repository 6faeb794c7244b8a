#!/usr/bin/env bash
# ministack 1.5.33 never delivers a record of a DynamoDB stream again that a function reported as failed.
#
# An event source mapping with FunctionResponseTypes [ReportBatchItemFailures] lets a function name the records that failed. AWS delivers
# everything from the first of them on again, until it succeeds or the mapping gives up. ministack does that for a function that raises
# an error, and for reported SQS messages. It treats a reported record of a stream as done.
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
export GATEWAY_PORT BIND_HOST=127.0.0.1 LAMBDA_EXECUTOR=local
(cd "$folder" && exec python3 -m ministack) > "$folder/cloud.log" 2>&1 &
cloud=$!
cat > "$folder/look.py" <<'P'
import io, json, os, sys, time, zipfile
import boto3

url = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
client = lambda service: boto3.client(service, endpoint_url=url)
for _ in range(150):
    try:
        client("sts").get_caller_identity()
        break
    except Exception:
        time.sleep(0.2)
database, functions, logs = client("dynamodb"), client("lambda"), client("logs")
role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
code = """
def names(event):
    return [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]

def reports(event, context):
    print("CALLED", names(event))
    return {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["dynamodb"]["SequenceNumber"]}]}

def raises(event, context):
    print("CALLED", names(event))
    raise RuntimeError("not now")
"""
packed = io.BytesIO()
with zipfile.ZipFile(packed, "w") as archive:
    archive.writestr("code.py", code)
calls = {}
for name in ["reports", "raises"]:
    stream = database.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    functions.create_function(
        FunctionName=name, Runtime="python3.12", Role=role, Handler=f"code.{name}", Code={"ZipFile": packed.getvalue()}
    )
    functions.create_event_source_mapping(
        EventSourceArn=stream, FunctionName=name, StartingPosition="TRIM_HORIZON", BatchSize=1,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    database.put_item(TableName=name, Item={"id": {"S": "one"}})
time.sleep(25)
for name in ["reports", "raises"]:
    events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    calls[name] = sum(event["message"].count("CALLED") for event in events)
print(json.dumps(calls))
P
echo "versions: $packages"
seen=$(python3 "$folder/look.py")
echo "how often each function was called with its one record in 25 seconds: $seen"
python3 - "$seen" <<'P'
import json, sys
seen = json.loads(sys.argv[1])
sys.exit(0 if seen["reports"] == 1 and seen["raises"] > 1 else "it behaves in another way now")
P
echo "as found: the record that was reported as failed came once, the one that was raised for came again"
