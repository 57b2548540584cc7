"""The commands `./noxw videos` and `./noxw upload`: what they print, and how they end."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from services.aws.errors import ObjectMissingError
from services.client.__main__ import main
from services.contract.records import VideoState
from services.contract.thumbnails import ImageFormat, ThumbnailOverrides
from tests.services.api.process import OPERATOR, Api
from tests.services.api.records import a_record, store, write
from tests.support.place import Place
from tests.support.processing import record_of
from tests.support.stores import empty_queue, sent_events

COMMANDS = ("videos", "upload", "reconcile", "processing")
"""Commands that these tests run, for tests/test_docs.py."""


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch, api: Api) -> None:
    monkeypatch.setenv("PIPELINE_URL", api.url)
    monkeypatch.setenv("PIPELINE_TOKEN", OPERATOR)
    monkeypatch.setenv("COLUMNS", "120")


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_list_prints_a_table_or_one_object_per_line(shared_place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    write(shared_place, a_record("uploads/command list/a\u202e.mp4"))
    write(shared_place, a_record("uploads/command list/b.mp4", VideoState.FAILED, minute=1))

    assert main(["videos", "list", "--search", "command list/"]) == 0
    table = capsys.readouterr().out
    assert "command list/a\\u202e.mp4" in table
    assert "It is no video." in table

    assert main(["videos", "list", "--search", "command list/", "--json", "--limit", "1"]) == 0
    [found] = lines_of(capsys)
    assert (found["key"], found["state"], found["worker"]) == ("uploads/command list/b.mp4", "failed", "worker-1")


def test_show_ends_with_the_state_of_the_video(shared_place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    store(shared_place, "uploads/command show/a.mp4")
    write(shared_place, a_record("uploads/command show/b.mp4", VideoState.FAILED))
    assert main(["videos", "show", "command show/a.mp4"]) == 0
    assert "10 %  http://127.0.0.1" in capsys.readouterr().out
    assert main(["videos", "show", "uploads/command show/b.mp4", "--json"]) == 1
    assert lines_of(capsys)[0]["reason_code"] == "not_a_video"
    assert main(["videos", "show", "missing.mp4"]) == 1
    assert "There is no video" in capsys.readouterr().err


def test_retry_goes_on_after_a_video_that_is_refused(shared_place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    key = "uploads/command retry.mp4"
    shared_place.bucket.put(key, b"no video", content_type="video/mp4")
    write(shared_place, a_record(key, VideoState.FAILED, etag=shared_place.bucket.head(key).etag))
    assert main(["videos", "retry", "--json", "missing.mp4", "command retry.mp4"]) == 1
    refused, queued = lines_of(capsys)
    assert (refused["key"], refused["problem"]["status"]) == ("uploads/missing.mp4", 404)
    assert queued == {"key": key, "result": "queued again"}


def test_a_video_is_regenerated_deleted_restored_and_dismissed(
    shared_place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    key = store(shared_place, "uploads/command life.mp4").key
    assert main(["videos", "dismiss", "--json", "command life.mp4"]) == 1
    assert lines_of(capsys)[0]["problem"]["status"] == 409
    assert main(["videos", "regenerate", "command life.mp4"]) == 0
    assert f"{key}: queued for new thumbnails" in capsys.readouterr().out
    assert main(["videos", "restore", "command life.mp4", "--json"]) == 1
    assert "not deleted" in lines_of(capsys)[0]["problem"]["detail"]

    assert main(["videos", "delete", "--yes", "command life.mp4"]) == 0
    assert main(["videos", "restore", "command life.mp4", "--wait", "--timeout", "1"]) == 1
    # No worker runs here.
    assert "has no result after 1 s" in capsys.readouterr().err
    deleted = record_of(shared_place, key)
    write(shared_place, a_record("uploads/command lost.mp4", VideoState.FAILED, etag=deleted.etag))
    assert main(["videos", "dismiss", "command lost.mp4", "--json"]) == 0
    assert lines_of(capsys) == [{"key": "uploads/command lost.mp4", "result": "dismissed"}]
    assert record_of(shared_place, "uploads/command lost.mp4").state is VideoState.DISMISSED


def test_regenerate_sends_the_options_that_were_given(shared_place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    key = store(shared_place, "uploads/command options.mp4").key
    empty_queue(shared_place)
    given = ["--positions", "5,50.5", "--width", "320", "--format", "webp", "--quality", "90", "--no-smart"]
    more = ["--background", "#ffffff", "--storyboard"]

    assert main(["videos", "regenerate", "command options.mp4", *given, *more]) == 0
    assert f"{key}: queued for new thumbnails" in capsys.readouterr().out

    wanted = ThumbnailOverrides(
        positions_pct=(5.0, 50.5),
        width_px=320,
        format=ImageFormat.WEBP,
        quality=90,
        smart=False,
        background="#ffffff",
        storyboard=True,
    )
    assert [event.options for event in sent_events(shared_place)] == [wanted]


def test_a_poster_is_pinned_and_chosen_again(shared_place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    key = store(shared_place, "uploads/command poster.mp4").key
    empty_queue(shared_place)

    for choice in (("--time", "1.5"), ("--auto",)):
        assert main(["videos", "poster", "command poster.mp4", *choice]) == 0
        assert f"{key}: queued for its poster" in capsys.readouterr().out
    assert main(["videos", "poster", "command poster.mp4", "--candidate", "2"]) == 1
    assert "The video has 0 candidates" in capsys.readouterr().err

    times = [event.options and event.options.poster_time_s for event in sent_events(shared_place)]
    assert times == [1.5, "auto"]


def test_delete_removes_the_upload_and_names_what_is_missing(
    shared_place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    store(shared_place, "uploads/command delete/a.mp4")
    given = ["command delete/a.mp4", "command delete/missing.mp4"]
    assert main(["videos", "delete", "--upload", "--yes", *given]) == 1
    output = capsys.readouterr()
    assert "uploads/command delete/a.mp4: deleted" in output.out
    assert "There is no video uploads/command delete/missing.mp4" in output.err
    with pytest.raises(ObjectMissingError):
        shared_place.bucket.head("uploads/command delete/a.mp4")


def test_delete_asks_first(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["videos", "delete", "a.mp4"]) == 2
    assert "--yes" in capsys.readouterr().err


def test_upload_reports_each_file_and_waits(
    shared_place: Place, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("one.mp4", "two.txt")]
    for file in files:
        file.write_bytes(b"a video")
    given = [*map(str, files), "--folder", "command/up", "--json"]

    assert main(["upload", *given, "--no-wait"]) == 1
    refused, uploaded = lines_of(capsys)
    assert refused["problem"]["errors"][0]["field"] == "body.name"
    assert uploaded == {"key": "uploads/command/up/one.mp4", "result": "uploaded"}
    assert shared_place.bucket.head(uploaded["key"]).size_bytes == 7

    write(shared_place, a_record("uploads/command/up/one (2).mp4", VideoState.FAILED))
    assert main(["upload", str(files[0]), "--folder", "command/up"]) == 1
    output = capsys.readouterr().out
    assert "command/up/one (2).mp4" in output
    assert "It is no video." in output


def test_reconcile_counts_and_then_does_it(
    place: Place, own_api: Api, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_URL", own_api.url)
    monkeypatch.setattr("services.client.reconcile._POLL_S", 0.1)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    place.bucket.put("thumbnails/command/nobody_1.jpg", b"picture", content_type="image/jpeg")

    assert main(["reconcile", "--no-create"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert main(["reconcile", "--no-create", "--dry-run"]) == 0
    assert "surplus" in capsys.readouterr().out
    assert main(["reconcile", "--no-create", "--yes", "--json"]) == 0
    plan, run = lines_of(capsys)

    assert (plan["dry_run"], run["dry_run"], run["state"]) == (True, False, "done")
    assert run["counts"]["surplus"] == plan["counts"]["surplus"] == 1
    assert list(place.bucket.versions("thumbnails/command/nobody_1.jpg")) == []
    assert main(["reconcile", "--cancel"]) == 0
    assert "No reconciliation is running" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["upload", "missing.mp4"], "does not exist"),
        (["videos", "list", "--url", "example.com"], "does not begin with http"),
        (["videos", "list", "--limit", "0"], "not a whole number above 0"),
        (["videos", "regenerate", "a.mp4", "--positions", "50,5"], "'50,5': positions ascend, each once"),
        (["videos", "regenerate", "a.mp4", "--positions", "5,x"], "argument --positions: '5,x': input should be"),
        (["videos", "regenerate", "a.mp4", "--poster-time", "x"], "argument --poster-time: 'x': input should be"),
        (["videos", "poster", "a.mp4"], "one of the arguments --time --candidate --auto is required"),
        (["videos", "regenerate", "a.mp4", "--width", "8"], "'8': input should be greater than or equal to 16"),
        (["videos", "regenerate", "a.mp4", "--format", "gif"], "invalid choice: 'gif'"),
        (["videos"], "required: action"),
        (["videos", "frobnicate"], "invalid choice"),
    ],
)
def test_a_command_that_is_not_understood_ends_with_2(
    given: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status: Any = main(given)
    except SystemExit as end:
        status = end.code
    assert (status, words in capsys.readouterr().err) == (2, True)


def test_a_wrong_token_says_how_to_give_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["videos", "list", "--token", "wrong"]) == 1
    assert "PIPELINE_TOKEN" in capsys.readouterr().err


def test_without_an_address_the_running_demo_is_found(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIPELINE_URL", "PIPELINE_TOKEN"):
        monkeypatch.delenv(name)
    assert main(["videos", "list", "--data", str(tmp_path)]) == 2
    assert "./noxw demo" in capsys.readouterr().err
    (tmp_path / "api-token").write_text(f"{OPERATOR}\n")
    endpoints = {"api": api.url, "token_file": str(tmp_path / "api-token"), "pid": os.getpid()}
    (tmp_path / "endpoints.json").write_text(json.dumps(endpoints))
    assert main(["videos", "list", "--data", str(tmp_path)]) == 0


def test_processing_is_paused_shown_and_resumed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["processing", "pause", "--json"]) == 0
    assert lines_of(capsys)[0]["paused"] is True
    assert main(["processing"]) == 0
    assert "Resume with ./noxw processing resume." in capsys.readouterr().out
    assert main(["processing", "resume"]) == 0
    assert capsys.readouterr().out.startswith("running since ")
