"""Whatever stands in foreign files: manifests that are valid, or a refusal with its place; never anything else."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema.foreign.asterisk.reading import read_asterisk
from schema.foreign.carrying import carry
from schema.foreign.freeswitch.reading import read_freeswitch
from schema.foreign.pbx import ForeignPbx, Leftovers, NotRead
from schema.foreign.work import Settings
from schema.manifest_set import load

VECTORS = Path(__file__).resolve().parents[2] / "vectors"
OFFICE = {
    path.relative_to(VECTORS / "asterisk/office").as_posix(): path.read_text()
    for path in (VECTORS / "asterisk/office").rglob("*.conf")
}
HOTEL = {
    path.relative_to(VECTORS / "freeswitch/hotel").as_posix(): path.read_text()
    for path in (VECTORS / "freeswitch/hotel").rglob("*.xml")
}
SETTINGS = Settings(tenant="acme", domain="acme.example")

_TEXT = """[a] [b](!) [c](a) [c](+) exten same include => = , ; ;-- --; #include #exec _X. _[1-9]X! _[ ${EXTEN:1} ${ ${${A}} $[ 1 n s hint
n(x) Dial( Goto( GotoIf( GotoIfTime( Queue( ) PJSIP/101 PJSIP/${EXTEN}@b & @ | ? : type=endpoint type=auth type=aor type=registration
type=identify auth=c aors=c contact=sip:x server_uri=sip:h client_uri=sip:u@h outbound_auth=c context=a password=p \\ \x00 \u2028 ü"""
WORDS = st.sampled_from([*_TEXT.split(" "), "\n", "\n", "\n[a]\n", "\nexten => ", "\nsame => n,", " "])


def check(files: dict[str, str], *, is_asterisk: bool) -> None:
    leftovers = Leftovers()
    try:
        pbx = read_asterisk(files, leftovers) if is_asterisk else read_freeswitch(files, leftovers)
    except NotRead as error:
        refused = error.problem
    else:
        check_carried(pbx, leftovers, "".join(files.values()))
        return
    assert refused.mark.line >= 1
    assert refused.hint


def check_carried(pbx: ForeignPbx, leftovers: Leftovers, foreign: str) -> None:
    """`foreign`: all that was read. What stands there as something else than a password, too, is nobody's secret."""
    carried = carry(pbx, SETTINGS, leftovers)
    assert carried.problems == ()
    assert load(carried.drafts.files().items()).report.errors == ()
    written = "".join(carried.drafts.files().values()) + leftovers.report.as_text()
    for secret in carried.drafts.secrets.values():
        assert len(secret) < 8 or foreign.count(secret) > 1 or secret not in written


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, max_size=60).map("".join), st.lists(WORDS, max_size=40).map("".join))
def test_any_text_as_asterisk(plan: str, phones: str) -> None:
    check({"extensions.conf": f"[a]\n{plan}", "pjsip.conf": f"[a]\n{phones}"}, is_asterisk=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_an_office_with_lines_lost_and_swapped(data: st.DataObject) -> None:
    files = dict(OFFICE)
    name = data.draw(st.sampled_from(sorted(files)))
    lines = files[name].split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        place, other = data.draw(st.integers(0, len(lines) - 1)), data.draw(st.integers(0, len(lines) - 1))
        lines[place] = data.draw(
            st.sampled_from(["", lines[other], lines[place][: len(lines[place]) // 2], lines[place] * 2])
        )
    files[name] = "\n".join(lines)
    check(files, is_asterisk=True)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_hotel_with_pieces_lost_and_swapped(data: st.DataObject) -> None:
    files = dict(HOTEL)
    name = data.draw(st.sampled_from(sorted(files)))
    pieces = files[name].split('"')
    for _ in range(data.draw(st.integers(1, 4))):
        place, other = data.draw(st.integers(0, len(pieces) - 1)), data.draw(st.integers(0, len(pieces) - 1))
        pieces[place] = data.draw(st.sampled_from(["", pieces[other], pieces[place][::-1]]))
    files[name] = '"'.join(pieces)
    check(files, is_asterisk=False)


@pytest.mark.parametrize("files", [{}, {"x.txt": "hello"}, {"extensions.conf": ""}, {"freeswitch.xml": "<a/>"}])
def test_folders_with_nothing_in_them(files: dict[str, str]) -> None:
    check(files, is_asterisk=True)
    check(files, is_asterisk=False)


def test_a_bomb_of_variables_is_refused_before_it_grows() -> None:
    bomb = f"""<document><X-PRE-PROCESS cmd="set" data="a={"A" * 60_000}"/><x v="{"$${a}" * 13_000}"/></document>"""
    tracemalloc.start()
    try:
        with pytest.raises(NotRead, match="too long"):
            read_freeswitch({"freeswitch.xml": bomb}, Leftovers())
        assert tracemalloc.get_traced_memory()[1] < 50_000_000  # it would be 780 MB
    finally:
        tracemalloc.stop()
