"""DynamoDB's conflicts and limits, as far as the transactions of workers meet them. Virtual time, no I/O.

Sources of the constants:

- a partition takes 1,000 write units a second:
  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
- a transactional write of up to 1 KB takes two units, one to prepare and one to commit:
  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/capacity-unit-consumption.html
- a transaction is cancelled if another one is changing one of its items:
  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
- writes of a table wait for its index:
  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/gsi-throttling.html

AWS publishes no latency of transactions. 15 ms in the median and 45 ms at 99 % are an assumption; `--latency-ms`
changes it. An item counts as in flight for the whole latency, which is the worst case.
"""

import random
from dataclasses import dataclass, field
from enum import Enum

PARTITION_UNITS_PER_S = 1000.0
TRANSACTIONAL_UNITS = 2.0
LATENCY_MS = 15.0
LATENCY_SIGMA = 0.47
"""Of a lognormal distribution: three times the median at 99 %."""


class Outcome(Enum):
    DONE = "done"
    CONFLICT = "conflict"
    THROTTLED = "throttled"


@dataclass
class Partition:
    """Write units of one partition: a bucket that holds the units of one second."""

    units: float = PARTITION_UNITS_PER_S
    at_s: float = 0.0

    def has(self, units: float, now_s: float) -> bool:
        self.units = min(PARTITION_UNITS_PER_S, self.units + (now_s - self.at_s) * PARTITION_UNITS_PER_S)
        self.at_s = now_s
        return self.units >= units


@dataclass
class Table:
    """Items of totals and partitions of the index. Records and claims are spread over the table, and set no limit."""

    random: random.Random
    latency_ms: float = LATENCY_MS
    in_flight_until_s: dict[str, float] = field(default_factory=dict)
    partitions: dict[str, Partition] = field(default_factory=dict)

    def write(self, now_s: float, item: str, index_units: dict[str, float]) -> tuple[Outcome, float]:
        """Begin a transaction that changes an item of totals; return its outcome and the seconds until its answer.

        `index_units` are the write units that it takes in each partition of the index.
        """
        latency_s = self.random.lognormvariate(0, LATENCY_SIGMA) * self.latency_ms / 1000
        needed = {item: TRANSACTIONAL_UNITS, **index_units}
        buckets = {name: self.partitions.setdefault(name, Partition(at_s=now_s)) for name in needed}
        if not all(bucket.has(needed[name], now_s) for name, bucket in buckets.items()):
            return Outcome.THROTTLED, latency_s / 2
        if self.in_flight_until_s.get(item, 0.0) > now_s:
            # Cancelled while it is prepared, which has its price, too.
            buckets[item].units -= TRANSACTIONAL_UNITS / 2
            return Outcome.CONFLICT, latency_s / 2
        for name, bucket in buckets.items():
            bucket.units -= needed[name]
        self.in_flight_until_s[item] = now_s + latency_s
        return Outcome.DONE, latency_s
