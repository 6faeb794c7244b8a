"""What schemathesis is told besides the description: who is signed in, and whose sessions may end."""

import os

import schemathesis

# Rows, one a line: sent as they stand.
schemathesis.serializer.alias(["application/jsonl", "application/x-ndjson"], "text/plain")

# These end sessions. They get one of their own, so that the others go on with the first.
ENDS_SESSIONS = {"signOut", "signOutEverywhere", "endSession"}


@schemathesis.auth()
class SignedIn:
    """The cookie of a person who is signed in, or the token of an order system, as the description asks for it."""

    def get(self, case, context):
        return os.environ["COUNTERSIGN_COOKIE"]

    def set(self, case, data, context):
        schemes = {name for scheme in case.operation.definition.raw.get("security", []) for name in scheme}
        if "load" in schemes:
            case.headers["Authorization"] = f"Bearer {os.environ['COUNTERSIGN_TOKEN']}"
        if "session" in schemes:
            ends = case.operation.definition.raw["operationId"] in ENDS_SESSIONS
            name, value = os.environ["COUNTERSIGN_OTHER_COOKIE" if ends else "COUNTERSIGN_COOKIE"].split("=", 1)
            case.cookies[name] = value
