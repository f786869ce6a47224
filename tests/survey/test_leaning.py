"""On what a mean leans: what its design costs, and its heaviest respondent."""

import numpy as np
import pytest

from pipelines.survey.design import Design, Domains, domain_means, simple_design
from pipelines.survey.leaning import Leaning, leaning


def found(values: np.ndarray, design: Design, domain: np.ndarray) -> Leaning:
    domains = Domains(np.arange(len(values)), domain, int(domain.max()) + 2)
    return leaning(values, design, domains, domain_means(values, design, domains))


def test_equal_weights_drawn_alone_cost_nothing() -> None:
    one = found(np.arange(40.0), simple_design(np.ones(40)), np.zeros(40, dtype=np.int64))
    assert one.effect[0] == pytest.approx(1.0)
    assert one.largest[0] == pytest.approx(1 / 40)


def test_clusters_that_answer_alike_cost_their_size() -> None:
    cluster = np.repeat(np.arange(20), 10)
    alike = np.random.default_rng(5).normal(5, 1, 20)[cluster]
    plain = simple_design(np.ones(200))
    clustered = Design(plain.weight, plain.base, plain.stratum, cluster, plain.fraction)
    assert found(alike, clustered, np.zeros(200, dtype=np.int64)).effect[0] == pytest.approx(10, rel=0.1)


def test_where_all_answer_alike_the_weights_tell_the_cost() -> None:
    weight = np.where(np.arange(40) < 20, 1.0, 3.0)
    one = found(np.full(40, 3.0), simple_design(weight), np.zeros(40, dtype=np.int64))
    assert one.effect[0] == pytest.approx(1.25)


def test_the_heaviest_is_that_of_the_area_and_nobody_where_nobody_answered() -> None:
    one = found(np.arange(4.0), simple_design(np.array([1.0, 3.0, 1.0, 1.0])), np.array([0, 0, 1, 1]))
    assert one.largest.tolist() == pytest.approx([0.75, 0.5, 0.0])
    assert np.isnan(one.effect[2])
