"""`./noxw scaling` as its users see it."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from stacks.deploy import __main__ as command

ROOT = Path(__file__).parents[3]


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["stacks.deploy", "--project", str(ROOT), "scaling", *arguments])
    return command.main()


def test_tables_fit_80_columns(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--burst", "500", "--day", "500", "--trickle", "20", "--settings", "--quota", "12") == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines) <= 80
    assert any(line.startswith("burst of 500") for line in lines)
    assert any(line.startswith("Fargate quota of 12 vCPUs") for line in lines)
    assert any(line.startswith("cooldown_s = 900") for line in lines)


def test_json_has_loads_and_limits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--burst", "100", "--day", "0", "--trickle", "0", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [load["videos"] for load in found["loads"]] == [100]
    assert found["limits"][0]["videos_per_s"] == 5.0


def test_plot_is_a_picture_of_each_load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "scaling.svg"
    assert run(monkeypatch, "--burst", "100", "--day", "0", "--trickle", "10", "--plot", str(file)) == 0
    text = file.read_text(encoding="utf-8")
    ET.fromstring(text)  # noqa: S314 - our own file
    assert "burst of 100" in text
    assert "trickle of 10 a day" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--quota", "2"), "--quota 2: no worker has room beside the other pods."),
        (("--work-s", "90000", "--day", "0", "--burst", "1000"), "the workers need more than 30 days for it."),
    ],
)
def test_impossible_loads_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert run(monkeypatch, *arguments) == 1
    error = capsys.readouterr().err.strip()
    assert error.endswith(message)
    assert "\n" not in error
