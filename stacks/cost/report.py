"""The estimate as people read it."""

import json
import textwrap
from collections.abc import Iterator

from stacks.config.model import PipelineConfig
from stacks.config.partitions import partition_of
from stacks.cost.estimate import CostLine, estimate_lines, storage_usd, sum_usd
from stacks.cost.prices import Hosted, Prices
from stacks.cost.savings import list_savings

_MAX_VIDEOS = 100_000_000
_WIDTH = 80


def format_report(config: PipelineConfig, prices: Prices, *, videos: int, video_mb: float) -> str:
    """Return a month's bill line by line, its assumptions, and the volume below which a hosted service is cheaper."""
    lines = estimate_lines(config, prices, videos=videos, video_mb=video_mb)
    parts = (
        _bill(config, lines, videos),
        _savings(config, prices, videos=videos, video_mb=video_mb),
        _assumptions(prices, config, video_mb),
        _comparison(config, prices, videos=videos, video_mb=video_mb),
    )
    return "\n\n".join("\n".join(part) for part in parts)


def break_even(config: PipelineConfig, prices: Prices, hosted: Hosted, *, video_mb: float) -> int | None:
    """Return the videos a month from which the instance is cheaper than the hosted service; None if it never is.

    Both grow with the videos, so one crossing is looked for, by halving.
    """
    if not _is_cheaper(config, prices, hosted, videos=_MAX_VIDEOS, video_mb=video_mb):
        return None
    low, high = 0, _MAX_VIDEOS
    while high - low > 1:
        middle = (low + high) // 2
        if _is_cheaper(config, prices, hosted, videos=middle, video_mb=video_mb):
            high = middle
        else:
            low = middle
    return high


def _is_cheaper(config: PipelineConfig, prices: Prices, hosted: Hosted, *, videos: int, video_mb: float) -> bool:
    theirs = _price(config, prices, hosted, videos=videos, video_mb=video_mb)
    return theirs is None or sum_usd(estimate_lines(config, prices, videos=videos, video_mb=video_mb)) < theirs


def _price(config: PipelineConfig, prices: Prices, hosted: Hosted, *, videos: int, video_mb: float) -> float | None:
    theirs = hosted.usd(videos, video_mb)
    if theirs is None or hosted.stores:
        return theirs
    return theirs + storage_usd(config, prices, videos=videos, video_mb=video_mb)


def _bill(config: PipelineConfig, lines: list[CostLine], videos: int) -> Iterator[str]:
    yield f"{config.name}, {videos:,} videos a month, in US dollars a month:"
    yield ""
    for by_videos in (False, True):
        yield "grows with the videos" if by_videos else "runs all the time"
        for line in lines:
            if line.by_videos is by_videos:
                yield f"  {line.what:<35} {line.quantity:<31} {line.usd:>10,.2f}"
        part = sum_usd([line for line in lines if line.by_videos is by_videos])
        yield f"  {'':<67} {part:>10,.2f}"
    yield f"{'together':<69} {sum_usd(lines):>10,.2f}"
    if videos:
        yield f"{'a thousand videos':<69} {1000 * sum_usd(lines) / videos:>10,.2f}"


def _savings(config: PipelineConfig, prices: Prices, *, videos: int, video_mb: float) -> Iterator[str]:
    yield "Settings that save, each by itself, and what they give up:"
    for saving, saved in list_savings(config, prices, videos=videos, video_mb=video_mb):
        setting = f"[{saving.section}] {saving.field} = {json.dumps(saving.value)}"
        yield f"  {setting:<67} {-saved:>10,.2f}"
        yield from _wrap(f"gives up {saving.given_up}", indent="    ")


def _assumptions(prices: Prices, config: PipelineConfig, video_mb: float) -> Iterator[str]:
    assumed = prices.assumed
    yield f"Prices of {prices.region}, {prices.as_of}, without tax (stacks/cost/prices.toml)."
    if partition_of(config.region) != partition_of(prices.region):
        yield from _wrap(
            f"There are no prices of {config.region} here: its partition has a price list, and a bill, of its own."
        )
    elif config.region != prices.region:
        yield f"Those of {config.region} differ, and are mostly higher."
    yield from _wrap(
        f"Assumed: videos of {video_mb:g} MB that come at random, of which {assumed.read_mb:g} MB are read in "
        f"{assumed.work_s:g} s; kept for the month that they come in. Every month that videos are kept longer adds "
        "their S3 line once more. Downloads of videos are not in it."
    )
    if config.frames.enabled:
        yield from _wrap(
            f"Of each video {assumed.frames_of_video} frames on demand a month, each {1 + assumed.frame_hits} times."
        )


def _comparison(config: PipelineConfig, prices: Prices, *, videos: int, video_mb: float) -> Iterator[str]:
    ours = sum_usd(estimate_lines(config, prices, videos=videos, video_mb=video_mb))
    yield f"Others, for {videos:,} videos of {video_mb:g} MB, with their storage:"
    for hosted in prices.hosted:
        theirs = _price(config, prices, hosted, videos=videos, video_mb=video_mb)
        price = "beyond its plans" if theirs is None else f"{theirs:,.2f}"
        verdict = "" if theirs is None else "  cheaper than this" if theirs < ours else "  more expensive than this"
        yield f"  {hosted.name:<34} {price:>13}{verdict}"
        edge = break_even(config, prices, hosted, video_mb=video_mb)
        if edge is None:
            yield "    cheaper at any number of videos"
        else:
            yield f"    cheaper below {edge:,} videos a month"
        yield from _wrap(f"{hosted.note} ({hosted.as_of}, {hosted.source})", indent="    ")


def _wrap(text: str, indent: str = "") -> list[str]:
    """Return the lines of a sentence; an address stays whole."""
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
