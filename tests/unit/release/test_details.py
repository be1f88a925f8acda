"""What is said of a service, and changed."""

from shipway.domain.release import Details
from shipway.release.details import Change, changed


def test_a_tag_that_is_removed_and_added_in_one_go_has_its_new_value() -> None:
    details = Details(tags={"a": "b", "gone": "x", "stays": "y"})
    change = Change(remove_tags=("a", "gone"), add_tags={"a": "c"})
    assert changed(details, change, service="digits").tags == {"a": "c", "stays": "y"}


def test_tags_that_replace_all_can_be_removed_from_and_added_to() -> None:
    change = Change(tags={"new": "1", "other": "2"}, remove_tags=("other",), add_tags={"more": "3"})
    assert changed(Details(tags={"old": "0"}), change, service="digits").tags == {"new": "1", "more": "3"}
