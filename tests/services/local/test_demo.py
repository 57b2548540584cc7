"""Texts that the demo prints."""

from pathlib import Path

import pytest

from services.local.demo import DEFAULT_DATA, format_next_steps
from services.local.pipeline import Endpoints, LocalPipeline, make_local_clients


@pytest.mark.parametrize(
    ("data", "hint"),
    [
        (DEFAULT_DATA, "./noxw demo --upload FILE..."),
        (Path("/tmp/of mine"), "./noxw demo --data '/tmp/of mine' --upload FILE..."),  # noqa: S108 - not created
    ],
)
def test_the_upload_hint_names_another_data_folder(data: Path, hint: str) -> None:
    names = dict.fromkeys(("region", "bucket", "queue_url", "dead_letter_queue_url", "videos_table", "token_file"), "a")
    aws = "http://127.0.0.1:1"
    endpoints = Endpoints(aws=aws, **names, test_source_bucket="b", api=aws, pid=1)
    pipeline = LocalPipeline(data, endpoints, make_local_clients(aws))
    assert hint in format_next_steps(pipeline, data)
