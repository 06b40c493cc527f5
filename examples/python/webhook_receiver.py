"""Receives webhooks and takes only those the server has signed (https://www.standardwebhooks.com)."""

import argparse
import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Mapping, Set

TOLERANCE_SECONDS = 300
MAX_BODY_BYTES = 1_000_000


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the message is signed with the secret, and recently."""
    identity, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{identity}.{timestamp}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    # Several, while a secret is being changed.
    offered = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(one, f"v1,{expected}") for one in offered)


class Receiver(BaseHTTPRequestHandler):
    secret = ""
    # Messages come at least once. A program that is restarted keeps these in a database.
    seen: Set[str] = set()

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > MAX_BODY_BYTES:
            self.send_error(413)
            return
        body = self.rfile.read(length)
        if not is_genuine(self.secret, self.headers, body):
            self.send_error(401, "The signature does not hold")
            return
        identity = self.headers["webhook-id"]
        if identity not in self.seen:
            self.seen.add(identity)
            message = json.loads(body)
            job = message["data"].get("job") or {}
            print(f"{message['type']}  {job.get('type', '')}  {job.get('id', '')}", flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Only messages are printed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9000)
    arguments = parser.parse_args()
    Receiver.secret = os.environ.get("GRAVITY_WEBHOOK_SECRET", "")
    if not Receiver.secret.startswith("whsec_"):
        sys.exit("GRAVITY_WEBHOOK_SECRET is not set to a secret (whsec_…)")
    server = ThreadingHTTPServer((arguments.host, arguments.port), Receiver)
    print(f"listening on http://{arguments.host}:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
