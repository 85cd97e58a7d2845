"""What a plan says of two states: which resources, which fields, how much it disturbs, whom it reaches, and its digest."""

from __future__ import annotations

import pytest

from engine.config.ref import ConfigRef
from engine.config.snapshot import Snapshot, TenantSnapshot
from reconciler.disruption import Disruption
from reconciler.field_diff import FieldChange
from reconciler.ground import Ground
from reconciler.plan import Action, BlastRadius, Plan, names_digest
from reconciler.planner import make_plan
from reconciler.state import DesiredState, evolved, whole
from tests.support.grounds import ground
from tests.support.manifest_folder import LISTENER, documents, extension, ring_group, tenant

OFFICE = (tenant("acme"), extension("acme", "101"), extension("acme", "102"))
DATA = {"tzdata": "2026.6"}


def plan(old: Ground, new: Ground) -> Plan:
    return make_plan(old, new, DATA)


def only(made: Plan) -> tuple[str, Action, Disruption, tuple[FieldChange, ...]]:
    (change,) = made.changes
    return str(change.ref), change.action, change.disruption, change.fields


def test_a_state_and_itself_differ_in_nothing() -> None:
    one = ground(*OFFICE)
    assert plan(one, one).is_empty
    assert plan(one, ground(*OFFICE)).is_empty
    assert plan(one, one).disruption is Disruption.NONE


def test_the_revisions_are_those_of_the_snapshots() -> None:
    old, new = ground(*OFFICE), ground(*OFFICE, extension("acme", "103"))
    made = plan(old, new)
    assert (made.before, made.after) == (snapshot(old).revision, snapshot(new).revision)
    assert plan(Ground(), new).before == Snapshot.empty().revision


def snapshot(of: Ground) -> Snapshot:
    return evolved(Snapshot.empty(), [whole(unit) for unit in of.desired.units.values()], ())


CASES = {
    "display name": (
        extension("acme", "101", display="Ada"),
        Disruption.NEW_CALLS,
        (FieldChange("spec.displayName", '"101"', '"Ada"'),),
    ),
    "secret's place": (
        extension("acme", "101", env="OTHER"),
        Disruption.NEW_CALLS,
        (FieldChange("spec.password", '"env:PW"', '"env:OTHER"'),),
    ),
    "number": (
        extension("acme", "109", name="101", display="101"),
        Disruption.DROPS_REGISTRATIONS,
        (FieldChange("spec.authUser", '"101"', '"109"'), FieldChange("spec.number", '"101"', '"109"')),
    ),
    "a remark": (
        extension("acme", "101").replace("metadata: {", 'metadata: {annotations: {owner: "Ada"}, ', 1),
        Disruption.NONE,
        (FieldChange("metadata.annotations.owner", None, '"Ada"'),),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_update_names_its_fields(case: tuple[str, Disruption, tuple[FieldChange, ...]]) -> None:
    text, disruption, fields = case
    made = plan(ground(*OFFICE), ground(tenant("acme"), text, extension("acme", "102")))
    assert only(made) == ("Extension acme/101", Action.UPDATE, disruption, fields)


def test_a_default_written_out_is_no_change() -> None:
    written = extension("acme", "101").replace("number:", "ringTime: 30s, number:")
    assert plan(ground(*OFFICE), ground(tenant("acme"), written, extension("acme", "102"))).is_empty


def test_a_new_extension_disturbs_nobody() -> None:
    made = plan(ground(*OFFICE), ground(*OFFICE, extension("acme", "103")))
    assert only(made)[:3] == ("Extension acme/103", Action.CREATE, Disruption.NEW_CALLS)
    assert made.radius == BlastRadius(1, 3, 1, 3)


def test_a_deleted_extension_loses_its_registrations() -> None:
    made = plan(ground(*OFFICE), ground(*OFFICE[:2]))
    ref, action, disruption, fields = only(made)
    assert (ref, action, disruption) == ("Extension acme/102", Action.DELETE, Disruption.DROPS_REGISTRATIONS)
    assert FieldChange("spec.number", '"102"', None) in fields


def test_without_a_drain_what_goes_ends_its_calls() -> None:
    system = documents(
        LISTENER, "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\nspec: {drain: 0s}\n"
    )
    made = plan(ground(*OFFICE, system=system), ground(*OFFICE[:2], system=system))
    assert only(made)[2] is Disruption.DROPS_CALLS
    renumbered = (tenant("acme"), extension("acme", "109", name="101", display="101"), OFFICE[2])
    made = plan(ground(*OFFICE, system=system), ground(*renumbered, system=system))
    assert only(made)[2] is Disruption.DROPS_REGISTRATIONS


@pytest.mark.parametrize(
    ("drain", "ports", "expected"),
    [
        ("0s", "34000-65000", Disruption.DROPS_CALLS),
        ("0s", "32000-65000", Disruption.NEW_CALLS),
        ("1h", "34000-65000", Disruption.NEW_CALLS),
    ],
)
def test_media_ports_that_go_end_their_calls_without_a_drain(drain: str, ports: str, expected: Disruption) -> None:
    def system(range_: str) -> str:
        head = "apiVersion: trunkline/v1\nkind: System\nmetadata: {name: system}\n"
        return documents(LISTENER, head + f'spec: {{drain: {drain}, media: {{ports: "{range_}"}}}}\n')

    made = plan(ground(*OFFICE, system=system("33000-65000")), ground(*OFFICE, system=system(ports)))
    assert made.disruption is expected


def test_a_tenant_reaches_all_its_extensions_and_no_others() -> None:
    beta = (tenant("beta"), extension("beta", "201"))
    made = plan(ground(*OFFICE, *beta), ground(tenant("acme", "new.example"), *OFFICE[1:], *beta))
    assert only(made)[:3] == ("Tenant acme", Action.UPDATE, Disruption.DROPS_REGISTRATIONS)
    assert made.radius == BlastRadius(2, 3, 2, 3)


RETENTIONS = [
    ("0d", "90d", Disruption.DELETES_RECORDS),
    ("90d", "30d", Disruption.DELETES_RECORDS),
    ("30d", "90d", Disruption.NEW_CALLS),
    ("90d", "0d", Disruption.NEW_CALLS),
]


@pytest.mark.parametrize(("before", "after", "expected"), RETENTIONS)
def test_keeping_records_for_less_long_deletes_some(before: str, after: str, expected: Disruption) -> None:
    def keeping(days: str) -> Ground:
        kept = tenant("acme").replace("spec: {", f"spec: {{retention: {{cdrs: {days}}}, ", 1)
        return ground(kept, *OFFICE[1:])

    made = plan(keeping(before), keeping(after))
    assert only(made)[:3] == ("Tenant acme", Action.UPDATE, expected)


def test_a_listener_reaches_everybody() -> None:
    made = plan(ground(*OFFICE), ground(*OFFICE, system=LISTENER.replace("5070", "5072")))
    assert only(made) == (
        "Listener phones",
        Action.UPDATE,
        Disruption.DROPS_REGISTRATIONS,
        (FieldChange("spec.port", "5070", "5072"),),
    )
    assert made.radius == BlastRadius(2, 2, 2, 2)


def test_numbers_of_ring_groups_count_whatever_changes() -> None:
    beta = (tenant("beta"), extension("beta", "201"), ring_group("beta", "250", "201"))
    acme = (*OFFICE, ring_group("acme", "150", "101"))
    before = ground(*acme, *beta)

    def beside(*changed: str) -> Ground:
        after = ground(*changed, *beta)
        return Ground(after.catalog, DesiredState({**after.desired.units, "beta": before.desired.units["beta"]}))

    assert plan(before, beside(*acme, extension("acme", "103"))).radius == BlastRadius(1, 4, 1, 6)
    assert plan(before, beside(tenant("acme", "new.example"), *acme[1:])).radius == BlastRadius(2, 3, 3, 5)


def test_two_extensions_swap_their_numbers() -> None:
    swapped = (extension("acme", "102", name="101"), extension("acme", "101", name="102"))
    made = plan(ground(*OFFICE), ground(tenant("acme"), *swapped))
    assert [change.action for change in made.changes] == [Action.UPDATE, Action.UPDATE]
    assert made.radius == BlastRadius(2, 2, 2, 2)


def test_the_digest_names_one_change() -> None:
    old, new = ground(*OFFICE), ground(*OFFICE, extension("acme", "103"))
    made = plan(old, new)
    assert made.digest == plan(ground(*OFFICE), new).digest
    others = [
        plan(new, old),
        plan(old, ground(*OFFICE, extension("acme", "104"))),
        make_plan(old, new, {"tzdata": "2027.1"}),
    ]
    assert len({made.digest, *(other.digest for other in others)}) == 4


def test_lines_that_move_change_no_digest() -> None:
    old, new = ground(*OFFICE), ground(*OFFICE, extension("acme", "103"))
    moved = ground(*OFFICE, "# a remark\n" + extension("acme", "103"))
    assert plan(old, moved).changes[0].origin != plan(old, new).changes[0].origin
    assert plan(old, moved).digest == plan(old, new).digest


@pytest.mark.parametrize(
    ("given", "is_it"),
    [("a" * 64, True), ("a" * 12, True), ("A" * 12, True), ("a" * 11, False), ("b" * 12, False), ("", False)],
)
def test_a_digest_is_named_by_its_beginning(given: str, is_it: bool) -> None:
    assert names_digest(given, "a" * 64) is is_it


def test_a_first_revision_is_all_new() -> None:
    made = plan(Ground(), ground(*OFFICE))
    assert {change.action for change in made.changes} == {Action.CREATE}
    assert not made.breaches
    assert ConfigRef("acme", "Tenant", "acme") in {change.ref for change in made.changes}


def test_a_tenant_snapshot_is_what_the_unit_says() -> None:
    """The unit's revision, computed in the child, is that of the tenant that the engine builds of it."""
    state = ground(*OFFICE).desired.units["acme"]
    assert TenantSnapshot.build([item for item in state.items.values() if item.ref.tenant]).revision == state.revision  # type: ignore[misc]  # a tenant's unit holds its items only


def guarded(security: str) -> str:
    return f"apiVersion: trunkline/v1\nkind: System\nmetadata: {{name: system}}\nspec: {{security: {security}}}\n"


OFFICE_ALLOWED = "{deny: [{network: 10.0.0.0/8}], allow: [{network: 10.7.0.0/16}]}"
GUARDED = [
    ("{}", "{ban: 2h}", Disruption.NEW_CALLS),
    ("{}", "{deny: [{network: 10.0.0.0/8}]}", Disruption.DROPS_REGISTRATIONS),
    ("{deny: [{network: 10.0.0.0/8}]}", "{}", Disruption.NEW_CALLS),
    (OFFICE_ALLOWED, "{deny: [{network: 10.0.0.0/8}]}", Disruption.DROPS_REGISTRATIONS),
    ("{allow: [{network: 10.7.0.0/16}]}", "{}", Disruption.NEW_CALLS),
    ("{deny: [{network: 10.0.0.0/8}]}", "{deny: [{network: 10.0.0.0/8, description: x}]}", Disruption.NONE),
]


@pytest.mark.parametrize(("old", "new", "expected"), GUARDED)
def test_who_is_denied_is_cut_off(old: str, new: str, expected: Disruption) -> None:
    made = plan(ground(guarded(old)), ground(guarded(new)))
    ref, action, disruption, _ = only(made)
    assert (ref, action, disruption) == ("System system", Action.UPDATE, expected)
