"""Call records from real calls: found, exported, explained live and afterwards, decided again; and an export under load disturbs nobody."""

from __future__ import annotations

import csv
import json
import shutil

from engine.cdr_json import decode_record
from tests.e2e.office import ADA, GRACE, Office
from tests.support.phone import Stack
from tests.support.trunkline_process import DOMAIN, Json, write_atomically


def _talk(office: Office) -> None:
    """One call that is answered, one that is declined, one to nobody."""
    ada, grace = office.phone(Stack.PJSIP, ADA), office.phone(Stack.PJSIP, GRACE)
    call = office.connect(ada, grace, GRACE)
    (live,) = office.site.get("calls")
    told = _explained(office, str(live["id"]))
    assert (told["is_live"], told["decided_by"]) == (True, f"Extension office/{GRACE} (extension-{GRACE}.yaml:1)")
    ada.hang_up(call=call)
    grace.wait_for_call("disconnected")
    ada.forget_events()
    call = ada.call(office.site.uri(GRACE))
    grace.wait_for_incoming()
    grace.answer(603)
    ada.wait_for_call("disconnected", call=call)
    ada.forget_events()
    call = ada.call(office.site.uri("1020"))
    ada.wait_for_call("disconnected", call=call)
    office.site.wait_for_cdrs(3)


def _explained(office: Office, call_id: str) -> Json:
    done = office.site.run("explain", call_id, "--data", str(office.site.data), "-o", "json")
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def test_a_call_is_found_exported_explained_and_decided_again(office: Office) -> None:
    site = office.site
    _talk(office)
    data = ("--data", str(site.data))
    (answered,) = json.loads(site.run("get", "cdrs", *data, "-o", "json", "--outcome", "answered").stdout)["items"]
    assert (answered["caller"], answered["callee"], answered["direction"]) == (ADA, GRACE, "internal")

    file = office.folder / "calls.csv"
    site.run("export", "cdrs", *data, "-o", str(file))
    with file.open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    assert [(row["callee"], row["outcome"]) for row in rows] == [
        (GRACE, "ANSWERED"),
        (GRACE, "DECLINED"),
        ("1020", "WRONG_NUMBER"),
    ]
    lines = office.folder / "calls.jsonl"
    site.run("export", "cdrs", *data, "-o", str(lines))
    assert [decode_record(line).call_id for line in lines.read_bytes().splitlines()] == [row["call_id"] for row in rows]

    text_told = site.run("explain", str(answered["call_id"]), *data).stdout
    assert f"matched   '{GRACE}' is the number of extension {GRACE}" in text_told
    assert f"| password: {{file: secrets/extension-{GRACE}}}" in text_told.replace("|   ", "| ")
    assert "kept as revision 1" in text_told
    missed = _explained(office, rows[2]["call_id"])
    assert f"Extension office/{GRACE}" in {step["rule"] for step in missed["steps"]}  # type: ignore[attr-defined]  # JSON

    assert "all 3 would go where they went" in site.run("replay", *data).stdout
    proposed = office.folder / "proposed"
    shutil.copytree(site.manifests, proposed)
    changed = proposed / f"extension-{GRACE}.yaml"
    changed.write_text(changed.read_text() + "  enabled: false\n")
    offline = site.run("replay", str(proposed), "--records", str(lines), "--detailed-exitcode", check=False)
    assert offline.returncode == 2, offline.stderr
    assert "that would go elsewhere: 2 of 3" in offline.stdout
    assert f"extension {GRACE}  ->  refused (disabled)" in offline.stdout


def test_how_long_records_are_kept_is_planned_as_what_it_is(office: Office) -> None:
    path = office.site.manifests / "system.yaml"
    text = path.read_text(encoding="utf-8")
    kept = text.replace(f"spec: {{domain: {DOMAIN}}}", f"spec: {{domain: {DOMAIN}, retention: {{cdrs: 30d}}}}")
    assert kept != text
    proposed = office.folder / "proposed"
    shutil.copytree(office.site.manifests, proposed)
    write_atomically(proposed / "system.yaml", kept)
    assert "deletes records" in office.site.run("plan", str(proposed), "--data", str(office.site.data)).stdout
