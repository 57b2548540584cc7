"""The figures of a soak, on the pipeline of these tests."""

import os

from tests.soak.measure import list_processes, measure_process
from tests.support.driver import Driver, eventually


def test_every_lasting_process_of_the_pipeline_is_measured(pipeline: Driver) -> None:
    wanted = {"aws", "api", "worker-1", "worker-1 fork server", "worker-2", "worker-2 fork server"}

    def look() -> bool:
        processes = dict(list_processes(pipeline.pipeline))
        return processes.keys() == wanted and all(measure_process(pid, 0) for pid in processes.values())

    assert eventually(look, "figures of each process")


def test_an_open_file_is_counted() -> None:
    before = measure_process(os.getpid(), 0)
    opened = [open(os.devnull, "rb") for _ in range(5)]  # noqa: PTH123, SIM115 - closed below
    after = measure_process(os.getpid(), 1)
    for file in opened:
        file.close()

    assert before is not None
    assert after is not None
    assert before.memory_kb > 1024
    assert after.descriptors >= before.descriptors + 5


def test_a_process_that_has_ended_has_no_figures() -> None:
    assert measure_process(2**22 + 1, 0) is None
