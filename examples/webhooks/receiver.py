"""A receiver of call records in thirty lines of the standard library: checks the signature, and takes each call once.

SIGNING_SECRET=whsec_... python receiver.py
"""

import hmac
import json
import os
import time
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, HTTPServer

KEY = b64decode(os.environ["SIGNING_SECRET"].removeprefix("whsec_"))
TOLERANCE_S = 300
seen: set[str] = set()  # a real one keeps the ids with what it made of them, in its database


class Calls(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event, sent_at = self.headers["Webhook-Id"], self.headers["Webhook-Timestamp"]
        expected = hmac.digest(KEY, f"{event}.{sent_at}.".encode() + body, "sha256")
        version, _, signature = self.headers["Webhook-Signature"].partition(",")
        is_ours = version == "v1" and hmac.compare_digest(b64decode(signature), expected)
        is_fresh = abs(time.time() - int(sent_at)) <= TOLERANCE_S
        if is_ours and is_fresh and event not in seen:
            call = json.loads(body)
            print(call["caller"], "->", call["callee"], call["call_status"], call["call_talk_time"], "s")
            seen.add(event)
        self.send_response(204 if is_ours and is_fresh else 403)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Calls).serve_forever()
