"""Report of a comparison: a table, the list of disagreements, and a JSON document."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.conformance.comparison import FileResult, Verdict
from services.contract.records import VideoState
from services.contract.text import escape_deceptive


def count_results(results: Sequence[FileResult]) -> dict[str, int]:
    """Return the rows of the table."""
    videos = [result for result in results if result.is_video]
    refused = [result for result in videos if result.state == VideoState.FAILED]
    accepted = [result for result in videos if result.state != VideoState.FAILED]
    verdicts = Counter(picture.verdict for result in accepted for picture in result.pictures)
    reasons = Counter(result.reason_code for result in refused if result.is_decoded)
    return {
        "files": len(results),
        "no video (sound, still images, text, playlists)": len(results) - len(videos),
        "accepted": len(accepted),
        "refused, and FFmpeg decodes nothing": sum(not result.is_decoded for result in refused),
        **{f"refused, and FFmpeg decodes it: {reason}": count for reason, count in sorted(reasons.items(), key=str)},
        "durations wrong by more than 1 % and one frame": sum(result.is_duration_wrong for result in accepted),
        "sizes wrong": sum(result.is_size_wrong for result in accepted),
        "pictures": verdicts.total(),
        **{verdict: verdicts[verdict] for verdict in Verdict},
    }


def make_document(results: Sequence[FileResult], versions: dict[str, str]) -> dict[str, Any]:
    """Return everything that was found, for JSON."""
    return {
        "versions": versions,
        "counts": count_results(results),
        "files": [asdict(result) for result in results],
    }


def print_report(console: Console, results: Sequence[FileResult], versions: dict[str, str]) -> None:
    """Print the table, then each disagreement on a line of its own."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    for row, count in count_results(results).items():
        table.add_row(row, f"{count:,}")
    console.print(table)
    lines = [f"{result.file}: {sentence}" for result in results for sentence in result.disagreements]
    console.print(f"\n{len(lines)} disagreements" + (":" if lines else "."))
    for line in lines:
        console.print(f"- {escape(escape_deceptive(line.encode(errors='replace').decode()))}", soft_wrap=True)
    console.print("\nCompared with " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".")
