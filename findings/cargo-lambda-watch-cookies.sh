#!/usr/bin/env bash
# cargo-lambda 1.9.2: `cargo lambda watch` answers 500 if a function's answer has no "cookies".
#
# In the answer of a function URL or HTTP API (payload 2.0) "cookies" is optional, like "headers"; on AWS an answer without it works. The
# emulator does not accept it as an answer. Rust libraries always write the list, so this only shows with other runtimes.
set -euo pipefail
packages="cargo-lambda==1.9.2"
folder=$(mktemp -d)
watch='' runtime=''
trap 'kill $watch $runtime 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check "$packages"
mkdir -p "$folder/hello/src"
printf '[package]\nname = "hello"\nversion = "0.1.0"\nedition = "2021"\n' > "$folder/hello/Cargo.toml"
echo 'fn main() {}' > "$folder/hello/src/main.rs"
cat > "$folder/runtime.py" <<'P'
"""A function of a few lines, which attaches to the emulator as any runtime does."""
import http.client, json, sys

host = sys.argv[1]
while True:
    ask = http.client.HTTPConnection(host, timeout=60)
    ask.request("GET", "/.rt/hello/2018-06-01/runtime/invocation/next")
    got = ask.getresponse()
    event = json.loads(got.read())
    answer = {"statusCode": 200, "headers": {"content-type": "text/plain"}, "body": "hello"}
    if event["rawPath"] == "/with":
        answer["cookies"] = []
    tell = http.client.HTTPConnection(host, timeout=60)
    name = got.getheader("lambda-runtime-aws-request-id")
    tell.request("POST", f"/.rt/hello/2018-06-01/runtime/invocation/{name}/response", json.dumps(answer))
    tell.getresponse().read()
P
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(cd "$folder/hello" && exec "$folder/python/bin/cargo-lambda" lambda watch --only-lambda-apis --invoke-address 127.0.0.1 --invoke-port "$port") \
    > "$folder/watch.log" 2>&1 &
watch=$!
for _ in $(seq 100); do
    python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2> "$folder/wait.log" && break
    sleep 0.2
done
python3 "$folder/runtime.py" "127.0.0.1:$port" 2> "$folder/runtime.log" &
runtime=$!
status() { curl -s -o /dev/null -w '%{http_code}' --max-time 30 "http://127.0.0.1:$port/lambda-url/hello/$1"; }
without=$(status without) with=$(status with)
echo "versions: $packages"
echo "the same answer without \"cookies\": $without; with \"cookies\": []: $with"
if [ "$without" != 500 ] || [ "$with" != 200 ]; then
    echo "it behaves in another way now"
    exit 1
fi
echo "as found: 500 without the list"
