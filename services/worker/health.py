"""Answer to the probes of Kubernetes: 200 while the loop runs, 503 when it hangs."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HealthServer:
    """Health of the loop: alive if `beat` was called within the last `patience_s` seconds."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._last_beat = time.monotonic()

    def beat(self) -> None:
        """Note that the loop runs."""
        self._last_beat = time.monotonic()

    @property
    def is_alive(self) -> bool:
        return time.monotonic() - self._last_beat < self._patience_s

    def serve(self, port: int) -> ThreadingHTTPServer:
        """Serve the answer on every address and path. Raises: OSError if the port is taken."""
        health = self

        class _ProbeHandler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                alive = health.is_alive
                body = b"alive\n" if alive else b"the loop hangs\n"
                self.send_response(200 if alive else 503)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Log nothing: a probe every few seconds is not an event."""

        server = ThreadingHTTPServer(("", port), _ProbeHandler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
        return server
