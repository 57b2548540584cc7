"""Source of the depths of the queue and of the dead-letter queue: two requests."""

from dataclasses import dataclass

from services.aws.queue import DeadLetterQueue, Depth, MessageQueue


@dataclass(frozen=True)
class QueuesReading:
    queue: Depth
    dead_letters: int


def read_queues(queue: MessageQueue, dead_letters: DeadLetterQueue) -> QueuesReading:
    """Read the depths of both queues. Raises: ServiceError."""
    dead = dead_letters.depth()
    return QueuesReading(queue.depth(), dead.visible + dead.in_flight + dead.delayed)
