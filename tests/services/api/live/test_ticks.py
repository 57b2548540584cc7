"""Ticks of the live state in this process."""

import asyncio
import threading

import pytest

from services.api.live import live
from services.api.live.live import LiveState, Readers
from services.api.live.sockets import Sockets
from services.api.live.sources.queues import QueuesReading, read_queues
from services.api.live.sources.videos import VideosReader
from services.aws.table.listing import VideoListing
from tests.support.place import Place
from tests.support.purging import shared_items


def test_a_source_may_take_longer_than_the_interval(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_PATIENCE_S", 60)
    shared = shared_items(place)
    videos = VideosReader(shared, VideoListing(place.clients.dynamodb, place.resources.table.name))

    def read_slowly() -> QueuesReading:
        threading.Event().wait(0.5)
        return read_queues(place.queue, place.dead_letters)

    state = LiveState(Readers(read_slowly, videos.read, list), shared, Sockets(1), interval_s=0.1)
    asyncio.run(state.tick())
    state.close()

    assert not any(source.stale for source in state.state().sources.values())
    assert state.state().queue is not None
