"""Rules between the pipeline's resources."""

from services.contract.keys import UPLOAD_PREFIX
from services.contract.resources import CLAIM_PREFIX, SPARE_ATTEMPTS, SPARE_RECEIVES, TOTALS_KEY, pipeline_resources
from services.contract.settings import WorkerSettings


def test_every_resource_carries_the_name_of_its_pipeline() -> None:
    resources = pipeline_resources("clips")
    names = [
        resources.bucket,
        resources.test_source_bucket,
        resources.queue.name,
        resources.dead_letter_queue.name,
        resources.table.name,
    ]
    assert all(name.startswith("clips-") for name in names)
    assert len({resources.bucket, resources.test_source_bucket}) == 2
    assert len({resources.queue.name, resources.dead_letter_queue.name}) == 2


def test_buckets_may_have_names_of_their_own() -> None:
    resources = pipeline_resources("clips", bucket="clips-123", test_source_bucket="samples-123")
    assert (resources.bucket, resources.test_source_bucket) == ("clips-123", "samples-123")


def test_a_dead_letter_outlives_its_message_by_days() -> None:
    """SQS counts a moved message's age from its first arrival in the queue."""
    resources = pipeline_resources("clips")
    assert resources.dead_letter_queue.retention_s - resources.queue.retention_s >= 7 * 86_400


def test_dead_letters_are_given_up_nowhere() -> None:
    assert pipeline_resources("clips").dead_letter_queue.max_receive_count is None


def test_a_worker_gives_up_before_the_queue() -> None:
    tries = WorkerSettings.model_fields["max_receive_count"].default
    assert pipeline_resources("clips").queue.max_receive_count == tries + SPARE_RECEIVES
    assert pipeline_resources("clips", tries=2).queue.max_receive_count == 2 + SPARE_RECEIVES


def test_most_spare_receives_record_a_failure() -> None:
    queue = pipeline_resources("clips").queue
    assert (SPARE_RECEIVES - SPARE_ATTEMPTS) * queue.visibility_timeout_s > 2 * 3600


def test_keys_of_uploads_never_equal_other_items() -> None:
    assert not TOTALS_KEY.startswith((UPLOAD_PREFIX, CLAIM_PREFIX))
    assert not CLAIM_PREFIX.startswith(UPLOAD_PREFIX)
