"""The resources of one test in the embedded AWS."""

from dataclasses import dataclass

from services.aws.bucket import Bucket
from services.aws.clients import Clients
from services.aws.queue import DeadLetterQueue, MessageQueue
from services.aws.videos import VideosTable
from services.contract.resources import PipelineResources
from services.local.provision import QueueUrls


@dataclass(frozen=True)
class Place:
    endpoint: str
    clients: Clients
    resources: PipelineResources
    queues: QueueUrls

    @property
    def bucket(self) -> Bucket:
        return Bucket(self.clients.s3, self.resources.bucket)

    @property
    def queue(self) -> MessageQueue:
        return MessageQueue(self.clients.sqs, self.queues.url)

    @property
    def dead_letters(self) -> DeadLetterQueue:
        return DeadLetterQueue(self.clients.sqs, self.queues.dead_letter_url)

    @property
    def videos(self) -> VideosTable:
        return self.videos_with(1)

    def videos_with(self, shards: int) -> VideosTable:
        """Return the table as a process with this number of shards writes it."""
        return VideosTable(self.clients.dynamodb, self.resources.table.name, shards)

    def environment(self) -> dict[str, str]:
        """Return the environment of a worker on these resources."""
        return {
            "AWS_REGION": "us-east-1",
            "SQS_QUEUE_URL": self.queues.url,
            "SQS_DLQ_URL": self.queues.dead_letter_url,
            "S3_BUCKET": self.resources.bucket,
            "VIDEOS_TABLE": self.resources.table.name,
        }
