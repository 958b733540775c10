"""The emitted classifier learns to read digits."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_emitted_classifier_reads_96_percent_of_unseen_digits(dtype: str) -> None:
    pytest.importorskip("sklearn")
    from benchmarks.train_digits import train

    losses, accuracy = train(dtype)
    assert losses[-1] < losses[0] / 10
    assert accuracy >= 0.96
