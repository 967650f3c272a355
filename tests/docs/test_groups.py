"""Where bias amplification changes its course."""

import pytest

from docs.statements.groups import amplification


def test_transitions():
    """Errors of two models peak at m = n/2, that of one at m = n; m >= d restricts nothing."""
    wide = {m: amplification(m, 400, 200, (0.5, 0.5)) for m in (60, 100, 140, 200, 260)}
    assert wide[100] < 0.01 * min(wide[60], wide[140])
    assert wide[200] > 100 * max(wide[140], wide[260])
    few = {m: amplification(m, 100, 400, (0.5, 0.2)) for m in (50, 90, 98, 102, 110, 200)}
    assert few[50] > 1.05 * few[90] > 1.05**2 * few[98]
    assert few[102] == pytest.approx(few[200], rel=1e-4)
    assert few[110] == pytest.approx(few[200], rel=1e-4)
