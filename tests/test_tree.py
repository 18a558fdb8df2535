from dataclasses import dataclass

from app import tree


@dataclass(frozen=True)
class Row:
    id: int
    parent_id: int | None


#     1         9 (its whole is not seen)
#   2   3      10
#  4 5
ROWS = [Row(1, None), Row(2, 1), Row(3, 1), Row(4, 2), Row(5, 2), Row(9, 77), Row(10, 9)]


def ids(rows):
    return [row.id for row in rows]


def test_below_is_the_nearest_first_and_above_too():
    found = tree.Tree(ROWS)
    assert ids(found.below([1])) == [1, 2, 3, 4, 5]
    assert ids(found.below([2, 3])) == [2, 3, 4, 5]
    assert ids(found.below([404])) == []
    assert ids(found.above(5)) == [5, 2, 1]


def test_a_walk_goes_down_before_it_goes_on_and_knows_the_depth():
    found = tree.Tree(ROWS)
    assert [(row.id, depth) for row, depth in found.walk()] == [
        (1, 0), (2, 1), (4, 2), (5, 2), (3, 1), (9, 0), (10, 1),
    ]  # fmt: skip
    assert [(row.id, depth) for row, depth in found.walk(2)] == [(2, 0), (4, 1), (5, 1)]


def test_a_part_whose_whole_is_not_seen_is_a_root():
    assert ids(tree.Tree(ROWS).roots) == [1, 9]


def test_territories_that_belong_to_each_other_stop_no_walk():
    found = tree.Tree([Row(1, 2), Row(2, 1)])
    assert ids(found.below([1])) == [1, 2]
    assert ids(found.above(1)) == [1, 2]
    assert list(found.walk()) == []
    assert [row.id for row, _depth in found.walk(1)] == [1, 2]


def test_the_stored_tree_is_read_with_its_district(cast):
    whole = tree.read()
    assert cast.north.id in tree.below([cast.district.id])
    assert whole.above(cast.north.id)[1].id == cast.district.id
    assert tree.district_of(cast.north) is cast.district
    assert tree.district_of(cast.district.parent) is cast.district.parent
