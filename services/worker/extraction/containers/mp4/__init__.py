"""MP4, QuickTime and 3GP files: boxes, sample tables, fragments."""

from services.worker.extraction.containers.container import Container
from services.worker.extraction.containers.mp4.index import find_start, open_index
from services.worker.extraction.containers.mp4.inspect import inspect_contents, matches_head, plan_reads
from services.worker.extraction.containers.mp4.tags import read_tags

CONTAINER = Container("mp4", "mov", matches_head, inspect_contents, open_index, plan_reads, find_start, read_tags)
