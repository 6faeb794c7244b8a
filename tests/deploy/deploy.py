"""Deploys infra/template.yaml to a stand-in for AWS on this machine, and uses what was deployed.

The stand-in is ministack: it creates the resources, starts the bootstraps, carries the streams, fires the schedules and
enforces each function's role. What is not AWS there is said where it matters.

    python deploy.py --bootstraps FOLDER --countersign PROGRAM

Each step prints what it saw. The first thing that is not as it should be ends the run with exit code 1.
"""

import argparse
import contextlib
import http.client
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from pathlib import Path

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-north-1")

import boto3
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
STACK = "countersign"
REGION = os.environ["AWS_DEFAULT_REGION"]
SENDER = "licensing@northwind.example"
OSM, NOTICES, PRIMARY = "osm@contoso.example", "notices@contoso.example", "primary@contoso.example"
LICENCE = {"programme": "enterprise", "number": "88590039"}
PRODUCT = "MAIL-ENT"
WHICH = {"licence": LICENCE, "product": PRODUCT}
# What was queued and not done in a minute is driven again by the sweep; in a deployment that is ten. See `Cloud.reported`.
POLICY = {"mails": {"redrive_minutes": 1}}
# So long does a record that was reported as failed take to come again: a minute, and the sweep after that.
AGAIN = 180


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def must(holds, text):
    if not holds:
        raise AssertionError(text)


def wait(what, look, seconds=60):
    """Looks again until there is something, and gives it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {seconds} s for {what}")


class Cloud:
    """The stand-in, running."""

    def __init__(self, folder):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {
            **os.environ,
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "LAMBDA_EXECUTOR": "local",
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
        }
        self.log = open(folder / "cloud.log", "w")
        program = [sys.executable, "-m", "ministack"]
        self.process = subprocess.Popen(
            program, cwd=folder, env=environment, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True
        )

        def answers():
            must(self.process.poll() is None, f"ministack ended: {Path(self.log.name).read_text()[-2000:]}")
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return True

        wait("ministack", answers)

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
        )

    def said(self):
        """What the functions logged as errors, and what was refused to them."""
        logs = self.client("logs")
        for group in logs.describe_log_groups()["logGroups"]:
            for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]:
                if re.search(r"(?i)error|panicked|denied", event["message"]):
                    yield f"{group['logGroupName']}: {event['message'].strip()}"

    def reported(self):
        """What functions of streams reported as failed, as they say it themselves. AWS hands such a record over again; the stand-in
        never does, so that its work waits for the sweep."""
        logs = self.client("logs")
        for group in logs.describe_log_groups()["logGroups"]:
            function = group["logGroupName"].rsplit("/", 1)[-1]
            if function not in ("send-activation", "deliver-mail", "provision"):
                continue
            for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]:
                for line in event["message"].splitlines():
                    if re.search(r'"level": ?"error"', line):
                        yield f"{function}: {line.strip()}"

    def mails(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/_ministack/ses/messages")
        return json.loads(connection.getresponse().read())

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


class NoManagedPolicies:
    def load(self):
        return {}


class Stack:
    """The template, deployed."""

    def __init__(self, cloud, bootstraps):
        self.cloud = cloud
        self.s3 = cloud.client("s3")
        self.formation = cloud.client("cloudformation")
        self.s3.create_bucket(Bucket="deploy", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.bootstraps = bootstraps

    def template(self):
        """The template as SAM hands it to CloudFormation, for this machine's architecture and addresses."""
        template = yaml_parse((ROOT / "infra/template.yaml").read_text())
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                binary = resource["Metadata"]["BuildProperties"]["Binary"]
                resource["Properties"]["CodeUri"] = {"Bucket": "deploy", "Key": f"{binary}.zip"}
        variables = template["Globals"]["Function"]["Environment"]["Variables"]
        # Deployed functions talk to AWS; these to the stand-in.
        for service in ["DYNAMODB", "SESV2", "EVENTBRIDGE"]:
            variables[f"AWS_ENDPOINT_URL_{service}"] = self.cloud.url
        lowered = transform(template, {}, NoManagedPolicies())
        for resource in lowered["Resources"].values():
            if resource["Type"] == "AWS::Scheduler::Schedule":
                resource["Properties"]["ScheduleExpression"] = "rate(1 minute)"
        # Nobody but SES may speak as SES.
        lowered["Resources"]["MailReportsRule"]["Properties"]["EventPattern"]["source"].append("trial.ses")
        # The stand-in asks for sending mail as anybody, whoever it is sent as.
        for statement in lowered["Resources"]["DeliverMailRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]:
            if statement["Action"] == "ses:SendEmail":
                statement["Resource"] = "*"
        return lowered

    def upload(self):
        for binary in sorted(self.binaries()):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                entry = zipfile.ZipInfo("bootstrap")
                entry.external_attr = 0o755 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, (self.bootstraps / binary).read_bytes())
            self.s3.put_object(Bucket="deploy", Key=f"{binary}.zip", Body=packed.getvalue())

    def binaries(self):
        template = yaml_parse((ROOT / "infra/template.yaml").read_text())
        functions = [r for r in template["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
        return [function["Metadata"]["BuildProperties"]["Binary"] for function in functions]

    def deploy(self, template, how="create", ends=None):
        """Creates or updates the stack; `ends` is how that ends, if not well."""
        self.s3.put_object(Bucket="deploy", Key="template.json", Body=json.dumps(template))
        call = self.formation.create_stack if how == "create" else self.formation.update_stack
        parameters = {"MailIdentity": SENDER.split("@")[1], "Architecture": "x86_64", "Policy": json.dumps(POLICY)}
        call(
            StackName=STACK,
            TemplateURL=f"{self.cloud.url}/deploy/template.json",
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        done = wait(f"the stack to be {how}d", self._settled, 120)
        must(done["StackStatus"] == (ends or f"{how.upper()}_COMPLETE"), f"{done['StackStatus']}: {self._failures()}")
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in done["Outputs"]}

    def _settled(self):
        stack = self.formation.describe_stacks(StackName=STACK)["Stacks"][0]
        return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

    def _failures(self):
        events = self.formation.describe_stack_events(StackName=STACK)["StackEvents"]
        return [(e["LogicalResourceId"], e.get("ResourceStatusReason")) for e in events if "FAILED" in e["ResourceStatus"]]


class Browser:
    """A person's browser at the deployed portal: keeps cookies, names its origin."""

    def __init__(self, stack, cloud):
        self.host = stack.outputs["Api"].removeprefix("http://").removeprefix("https://").split("/")[0]
        self.port = cloud.port
        self.origin = stack.outputs["Site"]
        self.cookies = {}

    def call(self, method, path, body=None, headers=None, text=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"host": self.host, "origin": self.origin, **(headers or {})}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            text, sent["content-type"] = json.dumps(body), "application/json"
        connection.request(method, path, body=text, headers=sent)
        answer = connection.getresponse()
        content = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                must("; Secure" in value and "; HttpOnly" in value, f"REG-12 a cookie is safe: {value}")
                key, _, rest = value.partition("=")
                must(key.startswith("__Host-"), f"REG-12 a cookie is of this host only: {value}")
                self.cookies[key] = rest.split(";")[0]
        return answer.status, json.loads(content) if content else None

    def get(self, path):
        return self.call("GET", path)

    def post(self, path, body, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", path, body, headers)


class Trial:
    """The main job, on what was deployed."""

    def __init__(self, cloud, stack, countersign):
        self.cloud, self.stack, self.program = cloud, stack, countersign
        self.database = cloud.client("dynamodb")

    def countersign(self, *words, code=0):
        environment = {
            **os.environ,
            "AWS_ENDPOINT_URL_DYNAMODB": self.cloud.url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "COUNTERSIGN_TABLES": self.stack.outputs["Tables"],
            "COUNTERSIGN_SITE": self.stack.outputs["Site"],
            "COUNTERSIGN_OPERATOR": getattr(self, "operator", ""),
        }
        done = subprocess.run([self.program, *words], env=environment, capture_output=True, text=True, check=False)
        must(done.returncode == code, f"countersign {words[0]} ended with {done.returncode}: {done.stderr}")
        return done.stdout.strip()

    def mail(self, to, wanted, after=0):
        """The newest mail to an address whose text holds something; with how many there were."""
        def look():
            found = [mail for mail in mails_of(self.cloud.mails(), to) if re.search(wanted, mail)]
            return found if len(found) > after else None

        return wait(f"a mail to {to} with {wanted}", look, AGAIN)[-1]

    def put(self, rows, **headers):
        """Loads rows as an order system does."""
        text = "".join(json.dumps(row) + "\n" for row in rows)
        headers = {"content-type": "application/x-ndjson", **headers}
        return Browser(self.stack, self.cloud).call("POST", "/api/load", text=text, headers=headers)

    def load(self):
        """ACT-01 an order system loads rows with a token; ACT-02 the stream brings the order on, and SES gets the mail."""
        self.operator = self.countersign("mint-operator", "deployment test").split()[-1]
        self.token = self.countersign("token", "mint", "order system").split()[-1]
        rows = [
            {"type": "product", "sku": PRODUCT, "name": "Mail and Calendar Enterprise", "kind": "online-service"},
            {"type": "customer", "id": "contoso", "name": "Contoso", "country": "SE"},
            *agreement_and_order("88590039", OSM, "PO-1"),
        ]
        status, answer = self.put(rows)
        must(status == 401, f"ACT-01 nobody loads without a token: {status} {answer}")
        status, answer = self.put(rows, authorization=f"Bearer {self.token}")
        must(status == 200 and answer["taken"] == 4, f"ACT-01 the rows are taken: {status} {answer}")
        self.link = re.search(r"/a#([A-Za-z0-9_-]+)", self.mail(OSM, r"/a#"))[1]

    def bounce(self):
        """SAFE-03, ACT-03 what SES reports comes back: when a mail is refused for good, the next contact gets the link."""
        rows = agreement_and_order("88590040", "gone@contoso.example", "PO-2")
        status, answer = self.put(rows, authorization=f"Bearer {self.token}")
        must(status == 200 and answer["taken"] == 2, f"ACT-01 the rows are taken: {status} {answer}")
        self.mail("gone@contoso.example", r"/a#")
        before = self.count(NOTICES, r"/a#")
        # The stand-in sends nothing, so nothing bounces: SES's word is said by hand, in SES's form.
        report = json.loads((ROOT / "tests/events/mail.delivered.json").read_text())["detail"]
        del report["delivery"]
        report["eventType"] = "Bounce"
        report["mail"]["tags"] = {"ses:configuration-set": [self.stack.outputs["MailSet"]], "mail": [self.ledger("88590040")]}
        report["bounce"] = {
            "bounceType": "Permanent", "bounceSubType": "General", "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
            "bouncedRecipients": [{"emailAddress": "gone@contoso.example", "status": "5.1.1"}],
        }
        entry = {"Source": "trial.ses", "DetailType": "Email Bounced", "Detail": json.dumps(report)}
        taken = self.cloud.client("events").put_events(Entries=[entry])
        must(taken["FailedEntryCount"] == 0, f"the report is taken: {taken}")
        self.mail(NOTICES, r"/a#", before)

    def ledger(self, number):
        """The id of the mail with the link."""
        def look():
            found = self.database.query(
                TableName=self.stack.outputs["Tables"] + "mails", IndexName="by-licence",
                KeyConditionExpression="licensing_id = :l", ExpressionAttributeValues={":l": {"S": f"enterprise/{number}"}},
            )
            return [item["mail"]["S"] for item in found["Items"] if "accepted_at" in item]

        return wait("the ledger", look, AGAIN)[0]

    def count(self, to, wanted):
        return len([mail for mail in mails_of(self.cloud.mails(), to) if re.search(wanted, mail)])

    def sign_in(self, address):
        browser = Browser(self.stack, self.cloud)
        before = self.count(address, r"\b\d{3} ?\d{3}\b")
        status, answer = browser.post("/api/sign-in/ask", {"address": address})
        must(status == 200, f"REG-03 a code is mailed: {status} {answer}")
        code = re.search(r"\b(\d{3} ?\d{3})\b", self.mail(address, r"\b\d{3} ?\d{3}\b", before))[1].replace(" ", "")
        status, answer = browser.post("/api/sign-in", {"address": address, "code": code})
        must(status == 200 and answer["signed_in_as"] == address, f"REG-03 the code signs in: {status} {answer}")
        status, answer = browser.post("/api/me/country", {"country": "SE"})
        must(status == 200, f"REG-06 the country is confirmed: {status} {answer}")
        return browser

    def subscribe(self):
        """Somebody subscribes to the event bus: a queue of their own."""
        sqs, events, bus = self.cloud.client("sqs"), self.cloud.client("events"), self.stack.outputs["Bus"]
        self.queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        name = bus.rsplit("/", 1)[1]
        events.put_rule(Name="all", EventBusName=name, EventPattern=json.dumps({"source": ["countersign"]}))
        events.put_targets(Rule="all", EventBusName=name, Targets=[{"Id": "queue", "Arn": arn}])

    def told(self, kind):
        """LINK-11 what the subscriber is told of this kind."""
        sqs = self.cloud.client("sqs")

        def look():
            found = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
            events = [json.loads(message["Body"]) for message in found]
            return [event for event in events if event["detail-type"] == kind]

        return wait(f"{kind} on the event bus", look, AGAIN)[0]["detail"]

    def activate(self):
        self.subscribe()
        anyone = Browser(self.stack, self.cloud)
        status, shown = anyone.post("/api/links/inspect", {"token": self.link})
        must(status == 200 and shown["state"] == "good" and shown["quantity"] == 250, f"LINK-01: {status} {shown}")
        self.osm = self.sign_in(OSM)
        choice = {"new": "Contoso"}
        status, seen = self.osm.post("/api/activations/preview", {"target": {"link": self.link}, "choice": choice})
        must(status == 200 and seen["effect"]["quantity"] == 250, f"LINK-04 the preview: {status} {seen}")
        status, done = self.confirm()
        must(status == 200 and done["by_you"], f"LINK-04 activated: {status} {done}")
        must(self.state() == "activated", "LINK-06 the state is right at once")
        told = self.told("activation.confirmed")["data"]
        must(told["quantity"] == 250 and told["state"] == "activated", f"LINK-11 subscribers are told: {told}")

    def join(self):
        """LINK-03, ORG-04 a colleague asks to join the account, and who administers it lets them in by the mailed link."""
        rows = agreement_and_order("88590041", "colleague@contoso.example", "PO-3")
        status, answer = self.put(rows, authorization=f"Bearer {self.token}")
        must(status == 200 and answer["taken"] == 2, f"ACT-01 the rows are taken: {status} {answer}")
        link = re.search(r"/a#([A-Za-z0-9_-]+)", self.mail("colleague@contoso.example", r"/a#"))[1]
        colleague = self.sign_in("colleague@contoso.example")
        target = {"target": {"link": link}}
        status, seen = colleague.post("/api/activations/preview", target)
        must(status == 200 and seen["joinings"], f"LINK-03 the customer's account is offered: {status} {seen}")
        status, asked = colleague.post("/api/joins/ask", {**target, "account": seen["joinings"][0]["account"]})
        must(status == 202, f"ORG-04 asked: {status} {asked}")
        token = re.search(r"/j#([A-Za-z0-9_-]+)", self.mail(OSM, r"/j#"))[1]
        decision = {"request": {"link": token}, "decision": "billing-administrator"}
        status, shown = Browser(self.stack, self.cloud).post("/api/joins/decide", decision)
        must(status == 403, f"APR-02 a link alone does not let anybody in: {status} {shown}")
        status, shown = self.osm.post("/api/joins/decide", decision)
        must(status == 200, f"ORG-04 let in: {status} {shown}")
        status, seen = colleague.post("/api/activations/preview", target)
        must(status == 200 and not seen.get("joinings"), f"APR-05 it holds from that instant: {status} {seen}")

    def permit(self):
        """REQ-01, APR-01, PERM-02 somebody asks for permission, the stream finds out who decides, who grants a part, which is given up."""
        asker, licence = "other@contoso.example", {"programme": "enterprise", "number": "88590039"}
        other, administrator = self.sign_in(asker), self.sign_in(NOTICES)
        status, asked = other.post("/api/requests/ask", {"licence": licence, "asked": {"roles": ["licensing-info", "download"]}})
        must(status == 202, f"REQ-01 asked: {status} {asked}")
        waiting = wait("the request in the inbox", lambda: administrator.get("/api/approvals")[1]["requests"], AGAIN)
        decision = {"request": {"portal": waiting[0]["key"]}, "decision": {"grant": {"roles": ["download"]}}}
        status, shown = administrator.post("/api/approvals/decide", decision)
        must(status == 200 and shown["state"] == "granted-in-part", f"APR-01 a part is granted: {status} {shown}")
        status, seen = other.get("/api/access/enterprise/88590039")
        roles = [role["role"] for role in seen["addresses"][0]["roles"]] if status == 200 else []
        must(roles == ["download"], f"APR-05 it holds from that instant: {status} {seen}")
        status, left = other.post("/api/me/licences/give-up", {"licence": licence, "address": asker})
        must(status == 200 and left["keeps"] == [], f"PERM-02 it is given up: {status} {left}")

    def confirm(self):
        body = {"target": {"link": self.link}, "choice": {"new": "Contoso"}}
        return self.osm.post("/api/activations/confirm", body, idempotency_key=uuid.uuid4().hex)

    def undo(self):
        status, answer = self.osm.post("/api/activations/undo", WHICH)
        must(status == 200, f"LINK-07 taken back: {status} {answer}")
        must(self.state() == "invited", "LINK-07 it is as it was before")

    def state(self):
        status, page = self.osm.get("/api/activations")
        must(status == 200, f"LINK-05 the list: {status} {page}")
        return page["rows"][0]["state"]

    def expire(self):
        """EXP-01 the schedule sweeps: a link whose end has come is ended, and its reader told."""
        table = self.stack.outputs["Tables"] + "licences"
        key = {"licensing_id": {"S": "enterprise/88590039"}, "item": {"S": f"activation#{PRODUCT}"}}
        item = self.database.get_item(TableName=table, Key=key)["Item"]
        now = int(time.time())
        past = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 60))
        slot = time.strftime("%Y-%m-%d", time.gmtime(now - 60)) + "#" + item["due_slot"]["S"].split("#")[1]
        # The clock of this machine is nobody's to move, so the end comes to the clock.
        item["state"]["M"]["expires_at"] = {"S": past}
        item.update({"due_slot": {"S": slot}, "due_at": {"N": str(now - 60)}})
        self.database.put_item(TableName=table, Item=item)
        wait("the sweep to end the link", lambda: self.stored_state() == "expired", 150)
        self.mail(OSM, r"(?i)ended|expired")
        must(self.state() == "expired", "EXP-05 the list says so")
        status, answer = self.confirm()
        must(status in (409, 410) and "expired" in answer["code"], f"LINK-08 an ended link does nothing: {status} {answer}")

    def stored_state(self):
        table = self.stack.outputs["Tables"] + "licences"
        key = {"licensing_id": {"S": "enterprise/88590039"}, "item": {"S": f"activation#{PRODUCT}"}}
        return self.database.get_item(TableName=table, Key=key)["Item"]["state"]["M"]["name"]["S"]

    def without_a_permission(self, template):
        """SAFE-05 what a role does not allow, its function can't do; what others may is not touched. And back again."""
        less = json.loads(json.dumps(template))
        document = less["Resources"]["ActivateRole"]["Properties"]["Policies"][0]["PolicyDocument"]
        document["Statement"] = [s for s in document["Statement"] if s["Action"] != "dynamodb:PutItem"]
        self.stack.deploy(less, "update")
        status, answer = self.confirm()
        must(status == 500 and answer["code"] == "internal", f"SAFE-05 confirming is denied: {status} {answer}")
        must(self.state() == "invited", "SAFE-05 reading goes on, and nothing was written")
        self.stack.deploy(template, "update")
        must(self.state() == "invited", "an update keeps the data")

    def a_mail_that_cannot_be_sent(self, template):
        """EXP-01 a record that is reported as failed is not lost: the sweep drives its event again. The mail is looked for at the
        end."""
        less = json.loads(json.dumps(template))
        document = less["Resources"]["DeliverMailRole"]["Properties"]["Policies"][0]["PolicyDocument"]
        document["Statement"] = [s for s in document["Statement"] if s["Action"] != "ses:SendEmail"]
        self.stack.deploy(less, "update")
        before = len(list(self.cloud.reported()))
        status, answer = self.put(agreement_and_order("88590042", "late@contoso.example", "PO-4"), authorization=f"Bearer {self.token}")
        must(status == 200 and answer["taken"] == 2, f"ACT-01 the rows are taken: {status} {answer}")
        wait("a record to be reported as failed", lambda: len(list(self.cloud.reported())) > before, AGAIN)
        must(self.count("late@contoso.example", r"/a#") == 0, "it can't be sent")
        self.stack.deploy(template, "update")

    def and_is_sent_by_the_sweep(self):
        """EXP-01 what was reported as failed is made good."""
        self.mail("late@contoso.example", r"/a#")

    def an_update_that_fails(self, template):
        """A stack with data in it that can't be updated is as it was before, and so are the data."""
        broken = json.loads(json.dumps(template))
        document = broken["Resources"]["ActivateRole"]["Properties"]["Policies"][0]["PolicyDocument"]
        document["Statement"] = [s for s in document["Statement"] if s["Action"] != "dynamodb:PutItem"]
        # There is no such log, which comes out when the role is changed already.
        broken["Resources"]["Impossible"] = {
            "Type": "AWS::Logs::MetricFilter",
            "DependsOn": "ActivateRole",
            "Properties": {
                "LogGroupName": "/countersign/none", "FilterPattern": "x",
                "MetricTransformations": [{"MetricName": "x", "MetricNamespace": "x", "MetricValue": "1"}],
            },
        }
        self.stack.deploy(broken, "update", ends="UPDATE_ROLLBACK_COMPLETE")
        must(self.state() == "invited", "the data are as they were")
        status, done = self.confirm()
        must(status == 200, f"what the update took away is back: {status} {done}")
        self.undo()

    def seal(self):
        """SAFE-01 the chains are sealed by the schedule."""
        table = self.stack.outputs["Tables"] + "audit"
        key = {"chain": {"S": "seal#licence#enterprise/88590039"}, "seq": {"N": "0"}}
        self.old_seal = wait("a seal", lambda: self.database.get_item(TableName=table, Key=key).get("Item"), 150)

    def tamper(self):
        """SAFE-01 whoever writes to the table puts an old seal back and rewrites an entry: it is not sealed, and operators see it."""
        table = self.stack.outputs["Tables"] + "audit"
        chain = {"S": "licence#enterprise/88590039"}
        first = self.database.get_item(TableName=table, Key={"chain": chain, "seq": {"N": "1"}})["Item"]
        self.database.put_item(TableName=table, Item={**first, "action": {"S": "other"}})
        self.database.put_item(TableName=table, Item=self.old_seal)
        head = self.database.get_item(TableName=table, Key={"chain": chain, "seq": {"N": "0"}})["Item"]
        # The chain has grown, says whoever wrote the entry.
        self.database.put_item(TableName=table, Item={**head, "unsealed": {"S": "#0"}})
        answer = self.cloud.client("lambda").invoke(FunctionName=f"{STACK}-seal-audit", Payload=b"{}")
        done = json.loads(answer["Payload"].read())
        must(done["broken"] == 1, f"SAFE-01 it is not sealed: {done}")
        shown = self.countersign("audit", "unsealed", code=1)
        must("licence#enterprise/88590039" in shown and "entries that were sealed were changed" in shown, f"SAFE-01: {shown}")


def agreement_and_order(number, osm, order):
    licence = {"programme": "enterprise", "number": number}
    contacts = {"online-services-manager": osm, "notices": NOTICES, "primary": PRIMARY}
    return [
        {"type": "agreement", **licence, "customer": "contoso", "starts": "2026-01-01", "ends": "2036-12-31", "contacts": contacts},
        {"type": "order", "id": order, **licence, "purchased": "2026-11-10", "usage_starts": "2026-11-10",
         "lines": [{"product": PRODUCT, "quantity": 250}]},
    ]


def mails_of(answer, to):
    """The texts of the mails to an address, the oldest first, whatever the stand-in's way of grouping them."""
    texts = []

    def walk(value):
        if isinstance(value, list):
            for part in value:
                walk(part)
        elif isinstance(value, dict):
            said = json.dumps(value)
            if any(key.lower() in ("destination", "to", "toaddresses", "destinations") for key in value):
                if to in said:
                    texts.append(said.replace("\\n", "\n"))
            else:
                for part in value.values():
                    walk(part)

    walk(answer)
    return texts


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--bootstraps", type=Path, required=True)
    arguments.add_argument("--countersign", type=Path, required=True)
    wish = arguments.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Path(folder))
        try:
            stack = Stack(cloud, wish.bootstraps)
            keys = subprocess.run([wish.countersign, "keys", "--json"], capture_output=True, text=True, check=True).stdout
            cloud.client("secretsmanager").create_secret(Name="countersign/keys", SecretString=keys)
            cloud.client("sesv2").create_email_identity(EmailIdentity=SENDER.split("@")[1])
            stack.upload()
            template = stack.template()
            trial = Trial(cloud, stack, wish.countersign)
            steps = [
                ("deploy", lambda: stack.deploy(template)),
                ("load", trial.load),
                ("activate", trial.activate),
                ("a colleague joins", trial.join),
                ("permission, asked for and given up", trial.permit),
                ("undo", trial.undo),
                ("without a permission, and with it again", lambda: trial.without_a_permission(template)),
                ("an update that fails, and its roll-back", lambda: trial.an_update_that_fails(template)),
                ("a mail that can't be sent", lambda: trial.a_mail_that_cannot_be_sent(template)),
                ("a bounced mail", trial.bounce),
                ("expire", trial.expire),
                ("seal", trial.seal),
                ("tamper with the audit", trial.tamper),
                ("the mail is sent by the sweep", trial.and_is_sent_by_the_sweep),
            ]
            for name, step in steps:
                start = time.monotonic()
                step()
                print(f"  {name:<42} passed {time.monotonic() - start:6.1f} s", flush=True)
            for line in cloud.reported():
                print(f"  reported as failed, and done by the sweep: {line}", flush=True)
        except Exception as problem:  # whatever it is, the logs say more
            print(f"  FAILED: {problem!r}", flush=True)
            for line in cloud.reported():
                print(f"  reported as failed, and left to the sweep: {line}", flush=True)
            print("\n".join(cloud.said()), file=sys.stderr)
            print("\n".join(Path(cloud.log.name).read_text().splitlines()[-20:]), file=sys.stderr)
            return 1
        finally:
            cloud.stop()
    print(f"  the deployment test took {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
