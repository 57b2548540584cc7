"""AWS requests as they are on the wire, read as calls: service, operation, parameters.

A client may use any protocol that its service accepts, so the request tells which: a header names the operation of the
JSON and CBOR protocols, the parameter `Action` that of the query protocol; all else is REST. Parameters keep the names
that they have on the wire. https://smithy.io/2.0/aws/protocols/index.html
"""

import gzip
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

from botocore.parsers import BaseCBORParser

from stacks.rehearse.requests import RecordedRequest
from stacks.rehearse.rights.errors import UnknownRequestError
from stacks.rehearse.rights.operations import find_operation, service_model

_MODELS = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch", "servicequotas": "service-quotas"}
"""botocore's names of services that sign with another one."""

_PREFIXES = {"monitoring": "cloudwatch"}
"""IAM's prefixes of services that sign with another one."""

_CONTENT = frozenset({"PutBucketPolicy", "PutObject", "UploadPart"})
"""Operations whose body is the content of something, and holds no parameters."""

_SIGNED_IN_QUERY = re.compile(r"X-Amz-Credential=[^&]*?%2F\d{8}%2F([\w-]+)%2F([\w-]+)%2F", re.IGNORECASE)


@dataclass(frozen=True)
class Call:
    """One call of an operation of AWS."""

    service: str
    """IAM's prefix of the service's actions."""
    operation: str
    region: str
    parameters: Mapping[str, Any]
    headers: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}"


def read_call(request: RecordedRequest) -> Call:
    """Return the call that a request makes.

    Raises:
        UnknownRequestError: no service or operation is known for it.
    """
    name, region = request.service, request.region
    if not name and (signed := _SIGNED_IN_QUERY.search(request.query)):
        region, name = signed[1], signed[2]
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    body = gzip.decompress(request.body) if request.headers.get("content-encoding") == "gzip" else request.body
    form = _form(request, body, query)
    if not name and form.get("Action") == "AssumeRoleWithWebIdentity":
        name = "sts"
    if not name:
        raise UnknownRequestError(f"{request.method} {request.path} of `{request.principal}` is not signed")
    model = _model(name, request)
    if "x-amz-target" in request.headers:
        operation, parameters = request.headers["x-amz-target"].rpartition(".")[2], json.loads(body or b"{}")
    elif request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        operation, parameters = request.path.rpartition("/")[2], _read_cbor(body)
    elif "Action" in form:
        operation, parameters = form["Action"], _nested(form)
    else:
        path = _path(request, model)
        operation, labels = find_operation(model, request.method, path, query, request.headers)
        content = {} if operation in _CONTENT else _document(body)
        parameters = {**query, **content, **labels}
    if operation not in service_model(model).operation_names:
        raise UnknownRequestError(f"{model} has no operation {operation}, which `{request.principal}` has called")
    return Call(_PREFIXES.get(name, name), operation, region, parameters, request.headers)


def _model(name: str, request: RecordedRequest) -> str:
    if name == "s3" and request.path.startswith("/v20180820/"):
        return "s3control"
    return _MODELS.get(name, name)


def _path(request: RecordedRequest, model: str) -> str:
    """Return the path, with the bucket in it also if the client has put it into the host's name."""
    bucket, dot, rest = request.headers.get("host", "").partition(".")
    named = model == "s3" and dot and (rest.startswith("localhost") or ".amazonaws." in f".{rest}")
    return f"/{bucket}{request.path}" if named and bucket != "s3" else request.path


def _form(request: RecordedRequest, body: bytes, query: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of the query protocol; none if this is another one."""
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    return dict(query) if "Action" in query else {}


def _nested(form: Mapping[str, str]) -> dict[str, Any]:
    """Return `Tags.member.1.Key=a` as `{"Tags": [{"Key": "a"}]}`."""
    tree: dict[str, Any] = {}
    for name, value in form.items():
        *parents, last = [part for part in name.split(".") if part not in ("member", "entry")]
        branch = tree
        for part in parents:
            branch = branch.setdefault(part, {})
        branch[last] = value
    return {name: _lists(value) for name, value in tree.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(one) for key, one in value.items()}


def _document(body: bytes) -> dict[str, Any]:
    """Return the parameters in a body of XML or JSON; none if it is neither, as an object's content is."""
    start = body.lstrip()[:1]
    try:
        if start == b"{":
            content = json.loads(body)
            return content if isinstance(content, dict) else {}
        if start == b"<":
            root = _element(ET.fromstring(body))  # noqa: S314 - our own clients wrote it
            return root if isinstance(root, dict) else {}
    except (ValueError, ET.ParseError):
        pass
    return {}


def _element(element: ET.Element) -> Any:
    if not len(element):
        return element.text or ""
    content: dict[str, Any] = {}
    for child in element:
        name, value = child.tag.rpartition("}")[2], _element(child)
        if name in content:
            content[name] = [*_as_list(content[name]), value]
        else:
            content[name] = value
    return content


def _as_list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]


def _read_cbor(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    content = BaseCBORParser().parse_data_item(io.BufferedReader(io.BytesIO(body)))
    return content if isinstance(content, dict) else {}
