"""The emulated account before a deployment: it has everything that the config says is there already."""

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stacks.config.load import load_config
from stacks.rehearse.emulated.existing import list_existing, make_existing, variables_of
from stacks.rehearse.emulated.remains import list_remains
from stacks.rehearse.errors import RehearsalError
from stacks.rehearse.requests import RecordedRequest
from stacks.rehearse.start import Rehearsal

if TYPE_CHECKING:
    from boto3 import Session


@dataclass(frozen=True)
class Before:
    """State of the account before the deployment."""

    existing: frozenset[str]
    remains: frozenset[str]
    """Existing resources that have the instance's name in theirs."""


def make_account(rehearsal: Rehearsal, session: "Session") -> tuple[Rehearsal, Before]:
    """Make what the config says is there already; return the rehearsal with the ids that it got, and the state."""
    ids = make_existing(session, rehearsal.config)
    if ids:
        rehearsal = _with_ids(rehearsal, ids)
    before = Before(frozenset(list_existing(session)), frozenset(list_remains(session, rehearsal.names)))
    return rehearsal, before


def check_account(
    rehearsal: Rehearsal, session: "Session", before: Before, requests: Iterable[RecordedRequest] = ()
) -> list[str]:
    """Check that a destroy has left nothing of the instance, and deleted nothing of somebody else.

    Returns:
        What is left because the emulated AWS differs from the real one, each with its reason.

    Raises:
        RehearsalError: something else is left, or something of somebody else is gone; it names each.
    """
    remains = [one for one in list_remains(session, rehearsal.names) if one not in before.remains]
    certificates = [one for one in remains if one.startswith("certificate ")]
    calls = Counter(filter(all, map(_certificate_call, requests))) if certificates else Counter()
    # A client repeats a request whose answer was lost, with the same token: of these, ACM makes one certificate.
    repeated = sum(count - 1 for (operation, _), count in calls.items() if operation == "RequestCertificate")
    excused = certificates if len(certificates) <= repeated else []
    if unexplained := [one for one in remains if one not in excused]:
        seen = "; ".join(f"{count} x {operation} {token}" for (operation, token), count in calls.items())
        raise RehearsalError(f"After the destroy there are still: {', '.join(unexplained)}{seen and f' ({seen})'}.")
    if gone := sorted(before.existing - list_existing(session)):
        raise RehearsalError(f"The destroy has deleted what was there before the deployment: {', '.join(gone)}.")
    return [f"{one} is left: ministack makes a second one of a repeated request, ACM does not" for one in excused]


def _certificate_call(request: RecordedRequest) -> tuple[str, str]:
    """Return a request's operation on certificates, and its token or the certificate's ARN; else two empty texts."""
    service, _, operation = request.headers.get("x-amz-target", "").partition(".")
    if service != "CertificateManager" or operation not in ("RequestCertificate", "DeleteCertificate"):
        return "", ""
    asked = json.loads(request.body)
    return operation, str(asked.get("IdempotencyToken") or asked.get("CertificateArn") or "")


def _with_ids(rehearsal: Rehearsal, ids: dict[str, str]) -> Rehearsal:
    """Replace the ids of the config by those of the emulated AWS: in the config, and in the synthesized stacks."""
    overrides = {**rehearsal.place.overrides, **variables_of(rehearsal.config, ids)}
    documents = {}
    for stack, document in rehearsal.documents.items():
        text = json.dumps(document, indent=2)
        for asked, given in ids.items():
            text = text.replace(asked, given)
        documents[stack] = json.loads(text)
        (rehearsal.place.synthesized / "stacks" / stack / "cdk.tf.json").write_text(text, encoding="utf-8")
    return replace(
        rehearsal,
        config=load_config(rehearsal.options.config, {**os.environ, **overrides}),
        place=replace(rehearsal.place, overrides=overrides),
        documents=documents,
    )
