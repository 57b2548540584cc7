"""The counted pods are those that the stacks make."""

import pytest

from stacks.cost.capacity import list_pods, max_vcpus
from tests.support.bench import config


def test_default_quota_covers_base_but_not_ten_workers() -> None:
    base = sum(entry.min_count * entry.vcpus for entry in list_pods(config()))
    assert base == pytest.approx(2.75)
    assert max_vcpus(config()) > 6


def test_a_small_config_fits_a_new_accounts_quota() -> None:
    small = config(worker={"max_replicas": 1}, api={"max_replicas": 2}, frontend={"max_replicas": 2})
    assert max_vcpus(small) <= 6


def test_fargate_bills_the_size_above_the_request() -> None:
    by_name = {entry.name: entry for entry in list_pods(config())}
    assert (by_name["worker"].vcpus, by_name["worker"].memory_gb) == (1, 2)
    assert (by_name["CoreDNS"].vcpus, by_name["CoreDNS"].memory_gb) == (0.25, 0.5)
