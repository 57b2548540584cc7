"""Unit prices of an instance in AWS, which the stacks hand to the api for its estimate of the month's cost."""

from pydantic import BaseModel, ConfigDict, Field


class UnitPrices(BaseModel):
    """US dollars for one of each, in the region and with the configuration of the instance."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: str = Field(description="Month of the price list.", examples=["2026-11"])
    region: str = Field(description="Region of the price list.", examples=["us-east-1"])
    fixed_month: float = Field(ge=0, description="A month of all that runs without videos.", examples=[246.2])
    worker_hour: float = Field(ge=0, description="An hour of a worker's pod.", examples=[0.049])
    worker_concurrency: int = Field(ge=1, description="Videos that a worker processes at once.", examples=[2])
    worker_lingering_s: float = Field(
        ge=0, description="Seconds that a worker is billed for besides its work: its start, and its wait for more."
    )
    video: float = Field(ge=0, description="Requests, data and logs of one video.", examples=[0.00005])
    storage_gb_month: float = Field(ge=0, description="A gigabyte in the bucket for a month.", examples=[0.023])
