"""Checks of what a schedule leaves behind, on raw items, objects and messages: no code is shared with the services."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.model.answers import list_broken_answers
from tests.model.world import World

_TOTALS = ("videos_", "thumbnails", "upload_bytes", "thumbnail_bytes")
_PURGER = "(purge)"


def list_violations(world: World) -> list[str]:
    """Return a sentence for each promise that the state of a finished schedule breaks."""
    return list(_Audit(world).check())


class _Audit:
    def __init__(self, world: World) -> None:
        self._world = world
        items = {key: {name: _plain(value) for name, value in item.items()} for key, item in world.table.items.items()}
        self._items = items
        self._records = {
            # The state is the partition key of the index, of which a state can have several.
            key: {**item, "state": item["state"].partition("#")[0]}
            for key, item in items.items()
            if key.startswith("uploads/")
        }
        self._claims = {key[6:]: item["upload"] for key, item in items.items() if key.startswith("claim:")}
        bucket = world.bucket
        present = {key: bucket.current(key) for key in bucket.versions}
        self._uploads = {key: one for key, one in present.items() if one is not None and key.startswith("uploads/")}
        self._pictures = {key: one for key, one in present.items() if one is not None and key.startswith("thumbnails/")}
        self._letters = [_read_letter(message) for message in world.dead.messages]

    def check(self) -> Iterator[str]:
        if self._world.simulation.is_endless:
            yield "the schedule did not come to an end"
            return
        yield from self._check_uploads()
        yield from self._check_records()
        yield from self._check_totals()
        yield from self._check_pictures()
        yield from self._check_claims()
        yield from self._check_messages()
        yield from self._check_purges()
        yield from self._check_events()
        acts = self._world.people.acts
        yield from list_broken_answers(acts, self._records, set(self._uploads), self._late_claims())

    def _check_uploads(self) -> Iterator[str]:
        for key, upload in self._uploads.items():
            record = self._records.get(key)
            if record is None:
                yield f"{key} has no record"
            elif record["etag"] != upload.etag:
                yield f"{key} has the record of another upload"
            elif record["state"] == "failed":
                letters = [letter for letter in self._letters if (letter["key"], letter["etag"]) == (key, upload.etag)]
                reasons = {letter["reason"] for letter in letters}
                if not letters:
                    yield f"{key} failed and has no dead letter"
                elif record["reason"] not in reasons:
                    yield f"{key} failed as {record['reason']!r}, its letters say {sorted(reasons)}"
                else:
                    yield from _check_reason(key, upload.body or b"", record)
            elif record["state"] not in ("done", "degraded", *self._states_by_request(key)):
                yield f"{key} is still {record['state']}"

    def _states_by_request(self, key: str) -> set[str]:
        """Return the states that a video has only because a person asked for them."""
        states = {"delete": "deleted", "dismiss": "dismissed"}
        return {states[act.kind] for act in self._world.people.acts if act.key == key and act.kind in states}

    def _check_records(self) -> Iterator[str]:
        for key, record in self._records.items():
            if record["state"] == "processing" and not self._is_of_late_worker(key, record):
                yield f"the record of {key} is stuck in processing"
            if key not in self._uploads and not self._is_of_late_worker(key, record):
                yield f"{key} is deleted, and its record is {record['state']}"
            if self._world.listed.count(key) != 1:
                yield f"{key} is listed {self._world.listed.count(key)} times"
            if "purged_at" in record:
                yield f"the record of {key} has the mark of a purge"
            if "deleted_at" in record and key in self._uploads:
                yield f"{key} is present, and its record has the mark of a deletion"
            if record["state"] in ("done", "degraded"):
                yield from self._check_pictures_of(key, record)
                yield from self._check_manifest(key, record)
            elif record.get("thumbnails"):
                yield f"the record of {key} is {record['state']} and has thumbnails"

    def _is_of_late_worker(self, key: str, record: Mapping[str, Any]) -> bool:
        """Return True for the record of a deleted video that a worker wrote too late; a reindex removes it.

        The message came twice. One worker read the video, and was then so slow that the video was deleted and another
        worker settled the message, before the first one wrote its claim.
        """
        is_closed = record["state"] == "processing" or record.get("reason_code") == "deleted"
        return self._world.has_faults and key not in self._uploads and is_closed

    def _late_claims(self) -> dict[str, float]:
        """Return the times of first claims of deleted videos whose workers ended, or met a fault, before their end.

        Such a worker read the video, was slow until the video was deleted and another one had settled the message, and
        then wrote its claim. A worker that runs on finds no upload and closes the record.
        """
        items, found = self._world.table.items, {}
        for key, record in self._records.items():
            added_at, writer = items.added_at[key], items.added_by[key]
            if writer is None or writer.name != "worker" or not self._is_of_late_worker(key, record):
                continue
            if writer.has_ended or writer.failed_at >= added_at:
                found[key] = added_at
        return found

    def _check_pictures_of(self, key: str, record: Mapping[str, Any]) -> Iterator[str]:
        """Check the pictures of a done video.

        One of them may have other settings if S3 could not know better: while the request of a stopped worker was on
        its way, another worker put exactly the bytes that the request was to replace.
        """
        if [float(one["position_pct"]) for one in record["thumbnails"]] != [25.0, 75.0]:
            yield f"the record of {key} has the thumbnails {record['thumbnails']}"
        if "storyboard" in record and record["storyboard"]["track_key"] not in self._pictures:
            yield f"{key}: the track of the storyboard does not exist"
        for name, what, size in _name_pictures(record):
            picture = self._pictures.get(name)
            if picture is None or picture.body is None:
                yield from self._report_missing(name, key, record)
                continue
            content, settings, shown = picture.body.split(b"|")
            expected = record["settings_hash"]
            expected = self._world.without_pin[expected] if what in ("board", "preview", "strip") else expected
            if hashlib.md5(content, usedforsecurity=False).hexdigest() != record["etag"]:
                yield f"{key} shows another upload in {name}: {content!r}"
            elif shown.decode() != what or (settings.decode() != expected and not picture.replaced_other):
                yield f"{key} shows a picture of other settings in {name}: {picture.body!r}"
            elif size is not None and size != len(picture.body):
                yield f"{key}: {name} has another size than its record says"

    def _report_missing(self, name: str, key: str, record: Mapping[str, Any]) -> Iterator[str]:
        """Yield a violation unless S3 received a deletion late, in a bucket without versions.

        A reconciliation makes such an object again.
        """
        if name not in self._world.bucket.removed_late:
            yield f"{key} is {record['state']}, and {name} does not exist"

    def _check_manifest(self, key: str, record: Mapping[str, Any]) -> Iterator[str]:
        """Check that the manifest of a done video exists, and that it is about this upload and its pictures.

        The same exception holds as in `_check_pictures_of`, for the manifest and for the pictures that it lists.
        """
        if "manifest" not in record:
            yield f"{key} is {record['state']} and has no manifest"
            return
        name = record["manifest"]["key"]
        stored = self._pictures.get(name)
        if stored is None or stored.body is None:
            yield from self._report_missing(name, key, record)
            return
        manifest = json.loads(stored.body)
        if manifest["upload"]["etag"] != record["etag"]:
            yield f"{key} has a manifest of another upload"
        elif stored.replaced_other:
            return
        elif (manifest["settings_hash"], manifest["state"]) != (record["settings_hash"], record["state"]):
            yield f"{key} has a manifest of other settings: {manifest['settings_hash']}"
        elif record["manifest"]["size_bytes"] != len(stored.body):
            yield f"{key}: {name} has another size than its record says"
        else:
            for output in manifest["outputs"]:
                listed = self._pictures.get(output["key"])
                if listed is None:
                    yield from self._report_missing(output["key"], key, record)
                elif listed.etag != output["etag"] and not listed.replaced_other:
                    yield f"{key} has a manifest that lists another {output['key']}"

    def _check_totals(self) -> Iterator[str]:
        counted: Counter[str] = Counter()
        for record in self._records.values():
            stored = list(record.get("thumbnails", []))
            counted[f"videos_{record['state']}"] += 1
            counted["thumbnails"] += len(stored)
            counted["upload_bytes"] += record["size_bytes"]
            stored += [record[name] for name in ("storyboard", "preview", "poster", "manifest") if name in record]
            counted["thumbnail_bytes"] += sum(one["size_bytes"] for one in stored)
        totals: Counter[str] = Counter()
        for key, item in self._items.items():
            if key == "totals" or key.startswith("totals#"):
                for name, value in item.items():
                    if name.startswith(_TOTALS):
                        totals[name] += value
        wrong = {name: (totals[name], counted[name]) for name in {*totals, *counted} if totals[name] != counted[name]}
        if wrong:
            yield f"the totals differ from the records: {wrong}"

    def _check_pictures(self) -> Iterator[str]:
        owners = {
            record["base"]: key
            for key, record in self._records.items()
            if record.get("base") and record["state"] != "deleted"
        }
        left = self._left_by_reindex()
        for name in self._pictures:
            base = re.sub(r"_(\d+|storyboard|preview|poster|candidates|manifest)\.\w+$", "", name)
            if base not in owners and base not in left and not self._is_picture_of_late_worker(self._pictures[name]):
                yield f"{name} belongs to no record"

    def _is_picture_of_late_worker(self, picture: Any) -> bool:
        """Return True for a picture of a deleted video whose worker could not delete it; the next purge does.

        The worker stored it too late, and was killed or had no answer from AWS after that, while another worker
        settled the message.
        """
        worker = picture.put_by
        return self._world.has_faults and (worker.was_killed or worker.failed_at >= picture.put_at)

    def _left_by_reindex(self) -> set[str]:
        """Return the bases of deleted videos whose records a reindex has removed; their pictures stay."""
        return {
            item["base"]["S"]
            for process, item in self._world.table.deleted
            if process == "reindex" and item["pk"]["S"].startswith("uploads/") and "purged_at" not in item
        }

    def _check_claims(self) -> Iterator[str]:
        for base, owner in self._claims.items():
            if owner == _PURGER:
                yield f"the purge still has the claim on {base}"
            elif owner != _PURGER and owner not in self._records:
                yield f"{owner} has a claim on {base} and no record"
            elif owner != _PURGER and self._records[owner]["state"] == "deleted":
                yield f"{owner} is deleted and has a claim on {base}"
        for key, record in self._records.items():
            is_settled = record["state"] in ("done", "degraded")
            if is_settled and self._claims.get(record["base"]) != key:
                yield f"{key} stores under {record['base']}, which it has not claimed"

    def _check_messages(self) -> Iterator[str]:
        if self._world.queue.messages:
            yield "messages are left in the queue"
        if self._world.queue.moved:
            yield f"SQS moved {self._world.queue.moved} messages to the dead letters without a reason"
        for letter in self._letters:
            if not letter["reason"]:
                yield f"a dead letter of {letter['key']} has no reason"

    def _check_purges(self) -> Iterator[str]:
        job = json.loads(self._items["purge"]["content"]) if "purge" in self._items else None
        if job is None or job["progress"]["phase"] != "done":
            return
        cutoff = datetime.fromisoformat(job["cutoff"])
        bucket = self._world.bucket
        for key, versions in bucket.versions.items():
            if key.startswith("uploads/") and any(version.modified_at < cutoff for version in versions):
                yield f"the purge left versions of {key}"
        for key, record in self._records.items():
            modified_at = record.get("modified_at") or record["queued_at"]
            if self._is_of_late_worker(key, record) or self._could_not_be_purged(key, cutoff):
                continue
            if key not in self._uploads and datetime.fromisoformat(modified_at) < cutoff:
                yield f"the purge left the record of {key}"

    def _check_events(self) -> Iterator[str]:
        """Check that each end of a video has one event, and that the events of a video are in their order."""
        found: dict[str, list[Any]] = {}
        for name, item in self._items.items():
            if name.startswith("event:"):
                event = json.loads(item["content"])
                found.setdefault(event["key"], []).append(event)
        ends = self._world.table.items.ends if self._world.has_events else {}
        for key in {*ends, *found}:
            events = sorted(found.get(key, []), key=lambda event: int(event["sequence"]))
            if [event["end"] for event in events] != ends.get(key, []):
                yield f"{key} ended as {ends.get(key)}, and its events are {[event['end'] for event in events]}"
            numbers = [event["sequence"] for event in events]
            if [event["previous"] for event in events] != [None, *numbers][: len(numbers)]:
                yield f"the events {numbers} of {key} do not name the ones before them"

    def _could_not_be_purged(self, key: str, cutoff: datetime) -> bool:
        """Return True if a purge had to leave the record of a video that is deleted now; a reindex removes it.

        A user put the video again after the count, and deleted it later. Or a worker read the video before its
        deletion, and wrote its first claim after the purge had begun its last look at the table; a second such worker
        with the same content can finish it.
        """
        table = self._world.table
        ended_at = table.items.written_at["purge"]
        last_look_at = max((began_at for began_at in table.purge_scans if began_at <= ended_at), default=ended_at)
        return table.items.added_at[key] > last_look_at or self._world.bucket.stored_at[key] >= cutoff


def _name_pictures(record: Mapping[str, Any]) -> Iterator[tuple[str, str, int | None]]:
    """Yield key, content and size of each picture of a record; None is a size that the record does not have."""
    for one in record["thumbnails"]:
        yield one["key"], str(float(one["position_pct"])), one["size_bytes"]
    for kind, what in (("storyboard", "board"), ("preview", "preview"), ("poster", "poster")):
        if kind in record:
            yield record[kind]["key"], what, None
    if "poster" in record:
        yield record["poster"]["key"].replace("_poster.", "_candidates."), "strip", None


def _check_reason(key: str, body: bytes, record: Mapping[str, Any]) -> Iterator[str]:
    """Check that the reason of a failed video is true."""
    kind, said = body[:8].decode().strip(), f"as {body.rstrip(b'.').decode()}"
    if kind == "broken" and record["reason_code"] == "damaged" and record["reason"] != said:
        yield f"{key} failed for the reason of another upload: {record['reason']!r}, not {said!r}"
    if record["reason_code"] == "damaged" and kind != "broken":
        yield f"{key} is {kind} and failed as damaged: {record['reason']!r}"


def _read_letter(message: Any) -> dict[str, str]:
    event = json.loads(message.body)["Records"][0]["s3"]["object"]
    reason = message.attributes.get("reason", {}).get("StringValue", "")
    return {"key": event["key"].replace("%2F", "/"), "etag": event["eTag"], "reason": reason}


def _plain(value: Any) -> Any:
    ((kind, content),) = value.items()
    if kind == "N":
        number = Decimal(content)
        return int(number) if number == number.to_integral_value() else number
    if kind == "L":
        return [_plain(one) for one in content]
    if kind == "M":
        return {name: _plain(one) for name, one in content.items()}
    return content
