"""Matroska: MKV and WebM files."""

from services.worker.extraction.containers.container import Container
from services.worker.extraction.containers.matroska.index import find_start, open_index
from services.worker.extraction.containers.matroska.inspect import inspect_contents, matches_head

CONTAINER = Container("matroska", "matroska", matches_head, inspect_contents, open_index, find_start=find_start)
