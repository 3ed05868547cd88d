"""What is set aside comes back as it was, in any order and at any pace."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vmatte.io.spool import Spool, Tee


def test_a_spool_is_read_in_any_order():
    with Spool[str]() as spool:
        for text in "abc":
            spool.push(text)
        assert [spool[2], spool[0]] == ["c", "a"]
        assert list(reversed(spool)) == ["c", "b", "a"]
        with pytest.raises(IndexError):
            spool[3]


@settings(max_examples=50, deadline=None)
@given(count=st.integers(0, 12), near=st.integers(1, 4), turns=st.lists(st.integers(0, 2), max_size=60))
def test_every_reader_sees_every_record_once_whatever_the_others_do(count, near, turns):
    with Tee(iter(range(count)), readers=3, near=near) as tee:
        readers = [tee.reader(number) for number in range(3)]
        seen: list[list[int]] = [[], [], []]
        for turn in turns:
            seen[turn] += [record for record in [next(readers[turn], None)] if record is not None]
        for number, reader in enumerate(readers):
            assert [*seen[number], *reader] == list(range(count))


def test_memory_holds_the_near_records_only():
    with Tee(iter(range(100)), readers=2, near=3) as tee:
        list(tee.reader(0))
        assert len(tee._recent) == 3
        assert list(tee.reader(1)) == list(range(100))
