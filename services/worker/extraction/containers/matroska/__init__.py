"""Matroska: MKV and WebM files."""

from services.worker.extraction.containers.container import Container
from services.worker.extraction.containers.matroska.index import find_start, open_index
from services.worker.extraction.containers.matroska.inspect import inspect_contents, matches_head
from services.worker.extraction.containers.matroska.plan import plan_reads
from services.worker.extraction.containers.matroska.tags import read_tags

CONTAINER = Container(
    "matroska", "matroska", matches_head, inspect_contents, open_index, plan_reads, find_start, read_tags
)
