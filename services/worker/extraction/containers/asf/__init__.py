"""ASF: WMV files."""

from services.worker.extraction.containers.asf.index import find_start, open_index
from services.worker.extraction.containers.asf.inspect import inspect_contents, matches_head
from services.worker.extraction.containers.container import Container

CONTAINER = Container("asf", "asf", matches_head, inspect_contents, open_index, find_start=find_start)
