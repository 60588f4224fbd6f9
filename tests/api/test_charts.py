"""Charts: columns as high as their figures, months without a gap."""

from __future__ import annotations

from api.charts import HEIGHT, MOST_COLUMNS, WIDTH, draw_columns, whole_span
from ledger.docket import Tally


def tally(value: str, dossiers: int, flagged: int = 0) -> Tally:
    return Tally(value, dossiers, {}, flagged)


def test_columns_are_as_high_as_their_figures_and_within_the_chart() -> None:
    chart = draw_columns([tally("2026-01", 10, 4), tally("2026-02", 5, 5), tally("2026-03", 0)])
    first, second, third = chart.bars
    assert first.flagged_height + first.rest_height == second.flagged_height * 2
    assert round(first.rest_height / first.flagged_height, 1) == 1.5
    assert (third.flagged_height, third.rest_height) == (0, 0)
    for bar in chart.bars:
        assert 0 <= bar.x < bar.x + bar.width <= WIDTH
        assert 0 < bar.rest_y <= bar.flagged_y <= chart.base < HEIGHT
        assert abs(bar.rest_y + bar.rest_height - bar.flagged_y) < 0.2


def test_newest_column_has_a_label_however_many_there_are() -> None:
    for count in (1, 2, 24, 200):
        chart = draw_columns([tally(str(n), n) for n in range(count)])
        assert chart.bars[-1].has_label
        assert sum(bar.has_label for bar in chart.bars) * 56 <= WIDTH + 56
    assert draw_columns([]).bars == ()


def test_months_of_which_there_is_nothing_are_shown_as_nothing() -> None:
    months = whole_span([tally("2025-11", 1), tally("2026-02", 2)])
    assert [(m.value, m.dossiers) for m in months] == [
        ("2025-11", 1), ("2025-12", 0), ("2026-01", 0), ("2026-02", 2),
    ]  # fmt: skip
    long = whole_span([tally("1999-01", 1), tally("2026-02", 2)])
    assert len(long) == MOST_COLUMNS
    assert (long[-1].value, long[0].value) == ("2026-02", "2024-03")
    assert whole_span([]) == []
