"""AVI files, also those with an OpenDML index."""

from services.worker.extraction.containers.avi.index import open_index
from services.worker.extraction.containers.avi.inspect import inspect_contents, matches_head
from services.worker.extraction.containers.container import Container

CONTAINER = Container("avi", "avi", matches_head, inspect_contents, open_index)
