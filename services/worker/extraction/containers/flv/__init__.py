"""FLV files."""

from services.worker.extraction.containers.container import Container
from services.worker.extraction.containers.flv.index import find_start, open_index
from services.worker.extraction.containers.flv.inspect import inspect_contents, matches_head

CONTAINER = Container("flv", "flv", matches_head, inspect_contents, open_index, find_start=find_start)
