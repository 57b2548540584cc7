"""The client: the same operations in its sync and its async form, against a real api."""

import ast
import asyncio
import inspect
import json
import tokenize
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from services.client import AsyncClient, Client, PipelineError, Video
from services.client import client as client_module
from services.contract.records import VideoState
from tests.services.api.process import NO_TLS, OPERATOR, VIEWER, Api, get
from tests.services.api.records import a_record, store, write
from tests.support.driver import PATIENCE_S
from tests.support.place import Place

ODD = "uploads/client/../a//Ü 100% +&=?#/é.mp4"
Run = Callable[..., Any]
"""Function that runs one method of a client and returns its result; a list for an iterator."""


def sync_run(api: Api, token: str, name: str, *arguments: Any, **options: Any) -> Any:
    http = httpx.Client(timeout=PATIENCE_S, trust_env=False, verify=NO_TLS)
    with Client(api.url, token, http=http) as client:
        result = getattr(client, name)(*arguments, **options)
        return list(result) if inspect.isgenerator(result) else result


def async_run(api: Api, token: str, name: str, *arguments: Any, **options: Any) -> Any:
    async def run() -> Any:
        http = httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False, verify=NO_TLS)
        async with AsyncClient(api.url, token, http=http) as client:
            result = getattr(client, name)(*arguments, **options)
            return [video async for video in result] if inspect.isasyncgen(result) else await result

    return asyncio.run(run())


@pytest.fixture(params=[sync_run, async_run], ids=["sync", "async"])
def run(request: pytest.FixtureRequest, api: Api) -> Run:
    def with_operator(name: str, *arguments: Any, token: str = OPERATOR, **options: Any) -> Any:
        return request.param(api, token, name, *arguments, **options)

    return with_operator


def test_an_upload_arrives_whole_and_its_result_is_awaited(shared_place: Place, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a b é.mp4"
    file.write_bytes(b"a video" * 30_000)
    sizes: list[int] = []

    key = run("upload", file, "client/a b é.mp4", sent=sizes.append)

    assert shared_place.bucket.head(key).size_bytes == sum(sizes) == 210_000
    # Nothing processes it here: a wait without a result ends.
    with pytest.raises(PipelineError, match="no result after 0 s") as late:
        run("wait_until_done", key, timeout_s=0)
    assert late.value.status == 0
    write(shared_place, a_record(key))
    assert run("wait_until_done", key).state == "done"
    shared_place.videos.delete([key])


def test_a_video_with_an_odd_key_is_found_with_its_pictures(shared_place: Place, run: Run) -> None:
    if shared_place.videos.get(ODD) is None:
        store(shared_place, ODD)
    video: Video = run("get", ODD)
    assert (video.key, video.state, len(video.thumbnails)) == (ODD, "done", 3)
    assert get(video.thumbnails[0].stable_url).content == b"picture"
    # Further fields of the api stay.
    assert video.model_dump(mode="json")["worker"] == "worker-1"


def test_other_requests_of_the_api_return_their_json(run: Run) -> None:
    assert run("ask", "GET", "/api/history", token=VIEWER, params={"range": "1h"})["range"] == "1h"
    with pytest.raises(PipelineError) as refused:
        run("ask", "PUT", "/api/processing", token=VIEWER, json={"paused": True})
    assert refused.value.status == 403


def test_urls_of_frames_are_signed_and_whole(shared_place: Place, api: Api, run: Run) -> None:
    if shared_place.videos.get(ODD) is None:
        store(shared_place, ODD)
    urls = run("sign_frames", ODD, [1, 2.5], token=VIEWER, width_px=320, lifetime_s=600)
    assert [url.partition("/f/")[0] for url in urls] == [api.url] * 2
    queries = [parse_qs(urlsplit(url).query) for url in urls]
    assert [(one["t"], one["w"]) for one in queries] == [(["1"], ["320"]), (["2.5"], ["320"])]


def test_a_frame_is_fetched_without_the_token(shared_place: Place, api: Api) -> None:
    if shared_place.videos.get(ODD) is None:
        store(shared_place, ODD)
    tokens: list[str | None] = []

    class LoadBalancer(httpx.HTTPTransport):
        """Answers for the frames service, and passes everything else to the api."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            tokens.append(request.headers.get("Authorization"))
            is_frame = request.url.path.startswith("/f/")
            return httpx.Response(200, content=b"frame") if is_frame else super().handle_request(request)

    http = httpx.Client(timeout=PATIENCE_S, transport=LoadBalancer(verify=NO_TLS))
    with Client(api.url, VIEWER, http=http) as client:
        assert client.get_frame(ODD, 1.5, format="webp") == b"frame"
    assert tokens == [f"Bearer {VIEWER}", None]


def test_videos_are_listed_over_all_pages(run: Run, shared_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [f"uploads/client pages/{number}.mp4" for number in range(3)]
    for number, key in enumerate(keys):
        if shared_place.videos.get(key) is None:
            write(shared_place, a_record(key, VideoState.FAILED, minute=number))
    monkeypatch.setattr("services.client.client.PAGE_SIZE", 2)
    found = run("list", state="failed", search="CLIENT pages/")
    assert [video.key for video in found] == keys[::-1]


def test_errors_carry_the_problem_of_the_api(run: Run) -> None:
    with pytest.raises(PipelineError) as missing:
        run("get", "uploads/client/missing.mp4")
    assert (missing.value.status, missing.value.problem["title"]) == (404, "Not Found")
    assert "no worker has received it" in str(missing.value)
    with pytest.raises(PipelineError) as refused:
        run("retry", "uploads/client/missing.mp4", token=VIEWER)
    assert refused.value.status == 403


def test_a_retry_is_queued_and_its_later_result_awaited(shared_place: Place, run: Run) -> None:
    key = "uploads/client/retried.mp4"
    shared_place.bucket.put(key, b"no video", content_type="video/mp4")
    failed = a_record(key, VideoState.FAILED, etag=shared_place.bucket.head(key).etag)
    failed = shared_place.videos.replace(shared_place.videos.get(key), failed)
    before = run("get", key)

    run("retry", key)

    with pytest.raises(PipelineError, match="no result"):
        run("wait_until_done", key, after=before.updated_at, timeout_s=0)
    shared_place.videos.replace(failed, a_record(key, minute=1))
    assert run("wait_until_done", key, after=before.updated_at).state == "done"


@pytest.mark.parametrize(("upload", "query"), [(False, b""), (True, b"upload=true")])
def test_a_deletion_names_the_video_by_its_id(*, upload: bool, query: bytes) -> None:
    seen: list[tuple[str, str, bytes]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.path, request.url.query))
        return httpx.Response(200, json={})

    with Client("http://localhost", http=httpx.Client(transport=httpx.MockTransport(answer))) as client:
        client.delete("uploads/../a.mp4", upload=upload)
    assert seen == [("DELETE", "/api/videos/~dXBsb2Fkcy8uLi9hLm1wNA", query)]


def test_no_answer_is_the_same_error() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with (
        Client("http://localhost", http=httpx.Client(transport=httpx.MockTransport(fail))) as client,
        pytest.raises(PipelineError, match="No answer: refused") as error,
    ):
        client.get("uploads/a.mp4")
    assert error.value.status == 0


class PartsApi:
    """An api with uploads in parts of 4 bytes, and their storage, which can refuse a part."""

    def __init__(self, refused: bytes = b"") -> None:
        self.refused = refused
        self.stored: list[bytes] = []
        self.calls: list[tuple[str, Any]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "storage":
            assert "Authorization" not in request.headers
            self.stored.append(request.content)
            is_refused = request.content == self.refused
            return httpx.Response(403 if is_refused else 200, headers={"ETag": f'"{request.content.decode()}"'})
        assert request.headers["Authorization"] == "Bearer secret"
        action, body = request.url.path.rpartition("/")[2], json.loads(request.content)
        self.calls.append((action, body))
        if action == "uploads":
            ticket = {"kind": "parts", "key": "uploads/a.mp4", "upload_id": "7", "part_size_bytes": 4, "part_count": 3}
            return httpx.Response(201, json=ticket)
        if action == "part-urls":
            return httpx.Response(
                200, json={"parts": [{"number": n, "url": "https://storage/a"} for n in body["numbers"]]}
            )
        return httpx.Response(204) if action == "abort" else httpx.Response(200, json={})

    def upload(self, file: Path) -> str:
        http = httpx.Client(transport=httpx.MockTransport(self.answer))
        with Client("https://api/", "secret", http=http) as client:
            return client.upload(file)


def test_a_large_upload_is_sent_in_parts(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(b"aaaabbbbcc")
    api = PartsApi()
    assert api.upload(file) == "uploads/a.mp4"
    assert api.stored == [b"aaaa", b"bbbb", b"cc"]
    parts = [{"number": 1, "etag": '"aaaa"'}, {"number": 2, "etag": '"bbbb"'}, {"number": 3, "etag": '"cc"'}]
    assert api.calls[-1] == ("complete", {"key": "uploads/a.mp4", "upload_id": "7", "parts": parts})


def test_a_refused_part_aborts_the_upload(tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(b"aaaabbbbcc")
    api = PartsApi(refused=b"bbbb")
    with pytest.raises(PipelineError, match="storage has answered 403 Forbidden"):
        api.upload(file)
    assert [action for action, _ in api.calls] == ["uploads", "part-urls", "part-urls", "abort"]


NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
MAX_CODE_LINES = 200


def count_code_lines(file: Path) -> int:
    """Count the lines of a module without blank lines, comments and docstrings."""
    docstrings = {
        line
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    with file.open(encoding="utf-8") as opened:
        code = [one for one in tokenize.generate_tokens(opened.readline) if one.type not in NO_CODE and one.string]
    return len({line for one in code for line in range(one.start[0], one.end[0] + 1)} - docstrings)


def test_both_forms_of_the_client_are_small() -> None:
    assert 100 < count_code_lines(Path(client_module.__file__)) <= MAX_CODE_LINES


def test_both_forms_have_the_same_documented_methods() -> None:
    def describe(form: type) -> dict[str, tuple[list[str], str | None]]:
        methods = inspect.getmembers(form, inspect.isfunction)
        return {
            name: (list(inspect.signature(method).parameters), inspect.getdoc(method))
            for name, method in methods
            if not name.startswith("_")
        }

    assert describe(Client) == describe(AsyncClient)
    assert len(describe(Client)) == 13
    assert all(text for _, text in describe(Client).values())
    assert not inspect.iscoroutinefunction(Client.get)
    assert inspect.iscoroutinefunction(AsyncClient.get)
