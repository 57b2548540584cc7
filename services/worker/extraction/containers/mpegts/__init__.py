"""MPEG transport streams: TS and M2TS files."""

from services.worker.extraction.containers.container import Container
from services.worker.extraction.containers.mpegts.index import find_start, open_index, plan_reads
from services.worker.extraction.containers.mpegts.inspect import inspect_contents, matches_head

CONTAINER = Container("mpegts", "mpegts", matches_head, inspect_contents, open_index, plan_reads, find_start)
