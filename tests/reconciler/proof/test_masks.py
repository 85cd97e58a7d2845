"""Which masks are written as people dial, and what they are in full."""

import pytest

from ci.faults import Fault, faults

CASES = [
    ("070*", "+4470*"),
    ("004470*", "+4470*"),
    ("02079460101", "+442079460101"),
    ("02079460110-02079460119", "+442079460110-+442079460119"),
    ("02079460110-22079460119", None),
    ("+4470*", None),
    ("+442079460101", None),
    ("+442079460110-+442079460119", None),
    ("4470*", None),
    ("101", None),
    ("999", None),
    ("0*", "+44*"),
    ("*0101", None),
    ("*207*", None),
    ("*", None),
]


@pytest.mark.parametrize(("mask", "full"), CASES)
@pytest.mark.parametrize("field", ["did", "cid"])
def test_masks_that_no_full_number_fits(field: str, mask: str, full: str | None) -> None:
    text = faults()["inbound-mask-national"].text.replace('cid: "070*"', f'{field}: "{mask}"')
    problems = [
        problem
        for problem in Fault("inbound-mask-national", "", text).problems()
        if problem.rule == "inbound-mask-national"
    ]
    if full is None:
        assert problems == []
    else:
        assert [problem.hint.split('"')[1] for problem in problems] == [full]
        assert f'{field} "{mask}"' in problems[0].message
