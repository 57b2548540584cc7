"""Frames in the memory of a process."""

from services.frames.cache import CachedFrame, FrameMemory


def frame_of(size_bytes: int) -> CachedFrame:
    return CachedFrame(b"x" * size_bytes, 1.0, None)


def test_memory_drops_frames_that_were_not_used_for_longest() -> None:
    memory = FrameMemory(max_bytes=100)
    for key in ("a", "b"):
        memory.put(key, frame_of(40))
    assert memory.get("a") is not None
    memory.put("c", frame_of(40))
    assert [key for key in "abc" if memory.get(key)] == ["a", "c"]


def test_memory_stays_within_its_limit() -> None:
    memory = FrameMemory(max_bytes=100)
    memory.put("a", frame_of(90))
    memory.put("a", frame_of(60))
    memory.put("b", frame_of(40))
    assert [key for key in "ab" if memory.get(key)] == ["a", "b"]
    memory.put("c", frame_of(101))
    assert not [key for key in "abc" if memory.get(key)]
    memory.put("d", frame_of(100))
    assert memory.get("d") == frame_of(100)
