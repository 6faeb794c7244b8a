"""Tries a running portal against the description that it serves: schemathesis, signed in, all phases.

Starts the program `local` on a folder of its own with the sample data, and ends it.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import requests

HERE = pathlib.Path(__file__).parent
# Somebody of the sample data who has something to activate, and somebody else.
PERSON, OTHER = "yan.g@robotics10.example", "kim.a@tailspin.example"


def start(program: pathlib.Path, data: pathlib.Path) -> tuple[subprocess.Popen, str, str]:
    """The portal, once it serves and the sample is loaded: the process, its address, the mailbox's."""
    portal = subprocess.Popen([program, "--data", data, "--port", "0"], stdout=subprocess.PIPE, text=True)
    urls = {}
    for line in portal.stdout:
        if found := re.match(r"\s+(portal|mailbox)\s+(http\S+)", line):
            urls[found[1]] = found[2]
        # Where nobody watches, it says so once, at the end.
        if "sample data:" in line:
            return portal, urls["portal"], urls["mailbox"]
        if "could not be loaded" in line:
            raise SystemExit(line.strip())
    raise SystemExit("the portal did not start")


def sign_in(portal: str, mailbox: str, address: str) -> str:
    """Signs in with the code of the mail. The cookie, as `name=value`."""
    browser = requests.Session()
    browser.headers["Origin"] = portal
    browser.post(f"{portal}/api/sign-in/ask", json={"address": address}).raise_for_status()
    for _ in range(300):
        mails = requests.get(f"{mailbox}/api/mails", params={"to": address}).json()["mails"]
        code = next((mail["code"] for mail in mails if mail.get("code")), None)
        if code:
            break
        time.sleep(0.1)
    else:
        raise SystemExit(f"no code was mailed to {address}")
    browser.post(f"{portal}/api/sign-in", json={"address": address, "code": code}).raise_for_status()
    return next(f"{cookie.name}={cookie.value}" for cookie in browser.cookies if cookie.name.endswith("session"))


def mint(countersign: pathlib.Path, data: pathlib.Path) -> str:
    """A token for the load API, as an operator mints it."""
    settings = dict(line.split("=", 1) for line in (data / "env").read_text().splitlines())
    settings = {name: value.strip("'") for name, value in settings.items()}

    def run(*arguments: str, **more: str) -> str:
        done = subprocess.run([countersign, *arguments], env={**settings, **more}, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    operator = run("mint-operator", "schemathesis")
    return run("token", "mint", "schemathesis", COUNTERSIGN_OPERATOR=operator)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--local", type=pathlib.Path, required=True, help="the program that is the portal")
    arguments.add_argument("--countersign", type=pathlib.Path, required=True, help="the operators' command line")
    arguments.add_argument("--report", type=pathlib.Path, required=True, help="the folder of schemathesis's reports")
    given, more = arguments.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="countersign-openapi-") as folder:
        data = pathlib.Path(folder) / "data"
        portal, url, mailbox = start(given.local, data)
        try:
            environment = {
                **os.environ,
                "COUNTERSIGN_COOKIE": sign_in(url, mailbox, PERSON),
                "COUNTERSIGN_OTHER_COOKIE": sign_in(url, mailbox, OTHER),
                "COUNTERSIGN_TOKEN": mint(given.countersign, data),
                "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
            }
            run = [sys.executable, "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml"]
            run += ["run", f"{url}/api/openapi.json", "--report-dir", given.report, *more]
            return subprocess.run(run, env=environment, cwd=folder).returncode
        finally:
            portal.terminate()
            portal.wait(30)


if __name__ == "__main__":
    sys.exit(main())
