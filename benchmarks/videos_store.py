"""A store of videos of any size behind DynamoDB's own HTTP calls, for `benchmarks.api`.

SQLite's B-trees replace DynamoDB's partitions: the embedded AWS scans and sorts a whole index for each query, so it
cannot show the api with a million videos. The store has a row with the keys of every record, and makes the rest of a
record when it is read. It answers only the calls of reads and ticks.
"""

import argparse
import json
import sqlite3
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_POSITIONS = (10, 50, 95)
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


class Store:
    def __init__(self, videos: int) -> None:
        self.videos = videos
        self.items: dict[str, dict[str, Any]] = {"totals": _totals(videos)}
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute("CREATE TABLE videos (state TEXT, updated_at TEXT, pk TEXT)")
        rows = ((_state(n), _time(n), f"uploads/film-{n:07}.mp4") for n in range(videos))
        self._database.executemany("INSERT INTO videos VALUES (?, ?, ?)", rows)
        self._database.execute("CREATE INDEX by_state ON videos (state, updated_at, pk)")
        self._database.execute("CREATE UNIQUE INDEX by_pk ON videos (pk)")

    def answer(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            return getattr(self, f"_{action}")(request)  # type: ignore[no-any-return]

    def _Query(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - DynamoDB's name
        state = request["ExpressionAttributeValues"][":state"]["S"]
        start = request.get("ExclusiveStartKey")
        where, values = "state = ?", [state]
        if newest := request["ExpressionAttributeValues"].get(":newest"):
            where += " AND updated_at <= ?"
            values.append(newest["S"])
        if start:
            where += " AND (updated_at, pk) < (?, ?)"
            values += [start["updated_at"]["S"], start["pk"]["S"]]
        limit = request["Limit"]
        found = self._database.execute(
            f"SELECT state, updated_at, pk FROM videos WHERE {where} ORDER BY updated_at DESC, pk DESC LIMIT {limit}",  # noqa: S608 - ours
            values,
        ).fetchall()
        items = [_item(*row) for row in found]
        if projection := request.get("ProjectionExpression"):
            names = [request["ExpressionAttributeNames"][name.strip()] for name in projection.split(",")]
            items = [{name: item[name] for name in names if name in item} for item in items]
        last = (
            {name: {"S": value} for name, value in zip(("state", "updated_at", "pk"), found[-1], strict=True)}
            if found
            else None
        )
        return {"Items": items, "Count": len(items), **({"LastEvaluatedKey": last} if len(found) == limit else {})}

    def _GetItem(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        key = request["Key"]["pk"]["S"]
        if key in self.items:
            return {"Item": self.items[key]}
        row = self._database.execute("SELECT state, updated_at, pk FROM videos WHERE pk = ?", [key]).fetchone()
        return {"Item": _item(*row)} if row else {}

    def _BatchGetItem(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        ((table, asked),) = request["RequestItems"].items()
        keys = [key["pk"]["S"] for key in asked["Keys"]]
        return {"Responses": {table: [self.items[key] for key in keys if key in self.items]}, "UnprocessedKeys": {}}

    def _PutItem(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.items[request["Item"]["pk"]["S"]] = request["Item"]
        return {}


def _state(number: int) -> str:
    return "failed" if number % 50 == 7 else "degraded" if number % 50 == 3 else "done"


def _time(number: int) -> str:
    return (_BEGINNING + timedelta(seconds=number)).isoformat(timespec="microseconds")


def _totals(videos: int) -> dict[str, Any]:
    counts = {f"videos_{state}": count for state, count in Counter(map(_state, range(videos))).items()}
    counts |= {"thumbnails": 3 * videos, "upload_bytes": 1_000_000 * videos, "thumbnail_bytes": 90_000 * videos}
    counts |= {"ended": videos, "writes": videos}
    return {"pk": {"S": "totals"}, **{name: {"N": str(count)} for name, count in counts.items()}}


def _item(state: str, time: str, key: str) -> dict[str, Any]:
    base = key.replace("uploads/", "thumbnails/").removesuffix(".mp4")
    texts = {
        "pk": key, "state": state, "updated_at": time, "finished_at": time, "queued_at": time, "started_at": time,
        "etag": "9b2cf535f27731c974343645a3985328", "settings_hash": "0123456789abcdef", "base": base,
        "worker": "worker-1", "codec": "h264", "container": "mp4", "sequencer": "",
    }  # fmt: skip
    numbers = {
        "revision": 2, "attempt": 1, "size_bytes": 1_000_000, "duration_s": 8.04, "width_px": 1920, "height_px": 1080,
        "bytes_read": 400_000, "requests": 12, "cpu_s": 0.21,
    }  # fmt: skip
    thumbnails = [
        {
            "M": {
                "key": {"S": f"{base}_{number}.jpg"},
                "position_pct": {"N": str(position)},
                "time_s": {"N": str(position / 12.5)},
                "width_px": {"N": "640"},
                "height_px": {"N": "360"},
                "size_bytes": {"N": "30000"},
            }
        }
        for number, position in enumerate(_POSITIONS, start=1)
    ]
    return {
        **{name: {"S": value} for name, value in texts.items()},
        **{name: {"N": str(value)} for name, value in numbers.items()},
        "thumbnails": {"L": thumbnails if state != "failed" else []},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, required=True)
    store = Store(parser.parse_args().videos)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            action = self.headers["X-Amz-Target"].rpartition(".")[2]
            text = json.dumps(store.answer(action, json.loads(body))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_port}", flush=True)  # noqa: T201 - for the process that started it
    server.serve_forever()


if __name__ == "__main__":
    main()
