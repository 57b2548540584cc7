"""Models of requests and answers about changes of videos."""

from pydantic import Field

from services.api.schema.models import Answer


class Deleted(Answer):
    """A deleted video."""

    key: str = Field(examples=["uploads/trip/harbour.mp4"])
    upload_deleted: bool = Field(description="True if the upload was deleted too.")
    restorable: bool = Field(
        description="True if `POST /api/videos/{key}/restoration` can undo it: the upload stays, or the bucket keeps "
        "its versions."
    )


class Restored(Answer):
    """A video that is queued for new thumbnails after its deletion."""

    key: str = Field(examples=["uploads/trip/harbour.mp4"])
