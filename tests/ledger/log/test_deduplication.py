from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import MalformedError
from ledger.log.deduplication import Known, RecordConflictError, place
from ledger.merkle import leaf_hash
from ledger.submission import Appended, Batch, Lines, Range, Submission, ranges_of
from tests.log_home import NOW, record

_lines = st.lists(st.tuples(st.integers(0, 6), st.sampled_from("ab")), max_size=12)
_known = st.dictionaries(st.integers(0, 6), st.tuples(st.sampled_from("ab"), st.booleans()))


@given(_lines, _known, st.integers(0, 10**6))
def test_place_gives_what_a_walk_over_the_lines_gives(
    lines: list[tuple[int, str]], known: dict[int, tuple[str, bool]], size: int
) -> None:
    batch = Batch(Lines.of([record(*line) for line in lines]), "acme", NOW)
    logged = {
        record(n).record_id: Known(n, leaf_hash(record(n, text).entry), own)
        for n, (text, own) in known.items()
    }
    expected: list[int] = []
    texts = {n: (text, own, n) for n, (text, own) in known.items()}
    new: list[int] = []
    conflict = None
    for position, (number, text) in enumerate(lines):
        if number not in texts:
            texts[number] = (text, True, size + len(new))
            new.append(position)
        there, own, index = texts[number]
        if not own or there != text:
            conflict = ("record.conflict" if own else "record.foreign", position + 1)
            break
        expected.append(index)
    if conflict is not None:
        with pytest.raises(RecordConflictError) as caught:
            place(batch, size=size, known=logged)
        assert (caught.value.code, caught.value.line) == conflict
        return
    placement = place(batch, size=size, known=logged)
    assert (list(placement.indexes), list(placement.new)) == (expected, new)


@given(st.lists(st.integers(0, 20), max_size=30))
def test_ranges_of_indexes_give_them_back_and_are_as_few_as_can_be(indexes: list[int]) -> None:
    ranges = ranges_of(indexes)
    assert Appended(len(indexes), 0, 0, ranges, bytes(32)).indexes == indexes
    assert [r.line for r in ranges] == [
        1 + sum(o.length for o in ranges[:i]) for i in range(len(ranges))
    ]
    for one, next_ in pairwise(ranges):
        assert one.first_index + one.length != next_.first_index


def test_ranges_of_a_run_is_one() -> None:
    assert ranges_of(range(7, 12)) == (Range(1, 7, 5),)
    assert ranges_of([]) == ()


def test_submission_from_an_entry_reads_its_record_id_and_nothing_else() -> None:
    made = record(5, "text")
    assert Submission.from_entry(made.entry) == made


@given(st.binary(max_size=60) | st.sampled_from([b"{}", b'{"record_id":1}', b'{"record_id":"x"}']))
def test_submission_from_any_bytes_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Submission.from_entry(data)
