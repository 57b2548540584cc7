"""Checks that the answers to people hold at the end: what was deleted is deleted, and what was restored is there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.model.people import Act

_BRING_BACK = ("put", "restore", "regenerate")
"""Acts after which a deleted video may have thumbnails again."""

_TAKE_AWAY = ("put", "remove", "delete")
"""Acts after which a restored video may be deleted or another one."""


def list_broken_answers(
    acts: Sequence[Act],
    records: Mapping[str, Mapping[str, Any]],
    uploads: set[str],
    late_claims: Mapping[str, float],
) -> Iterator[str]:
    """Return a sentence for each act that was answered as done and has no effect, although no later act undid it.

    `late_claims` are the times of claims that hide a deletion before them: a limit of the protocol.
    """
    for act in acts:
        if not act.is_done or act.ended_at is None:
            continue
        record = records.get(act.key)
        stays = act.kind == "delete" and record is not None and not _is_followed(act, acts, _BRING_BACK)
        is_hidden = act.key in late_claims and late_claims[act.key] > act.began_at
        if stays and record is not None and record["state"] != "deleted" and not is_hidden:
            yield f"{act.key} was deleted, and is {record['state']}"
        is_expected = act.kind == "restore" and act.key in uploads and not _is_followed(act, acts, _TAKE_AWAY)
        if is_expected and (record is None or record["state"] == "deleted"):
            yield f"{act.key} was restored, and is deleted"


def _is_followed(act: Act, acts: Sequence[Act], kinds: Sequence[str]) -> bool:
    """Return True if an act of these kinds on the same video can have had its effect after this one began."""
    return any(
        other is not act
        and other.key == act.key
        and other.kind in kinds
        and (other.ended_at is None or other.ended_at >= act.began_at)
        for other in acts
    )
