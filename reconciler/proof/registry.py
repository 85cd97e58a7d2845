"""All proofs, one line each."""

from __future__ import annotations

from typing import Final

from reconciler.proof.call_back import emergency_without_caller_id
from reconciler.proof.countries import deny_without_allow
from reconciler.proof.destinations import (
    destination_dead,
    destination_help,
    destination_own_number,
    ring_group_dead,
)
from reconciler.proof.dids import number_without_rule
from reconciler.proof.emergency import (
    emergency_blocked,
    emergency_number_taken,
    emergency_numbers_foreign,
    emergency_unreachable,
    emergency_without_route,
)
from reconciler.proof.inbound import inbound_rule_outranked, inbound_rule_shadowed
from reconciler.proof.masks import inbound_mask_national
from reconciler.proof.outbound import outbound_rule_shadowed, outbound_rule_without_trunk
from reconciler.proof.proof import Proof
from reconciler.proof.relays import relay_unbounded
from reconciler.proof.tolls import toll_exposure, toll_unknown
from schema.problem import Severity

PROOFS: Final = (
    Proof("emergency-unreachable", emergency_unreachable, Severity.ERROR),
    Proof("emergency-without-route", emergency_without_route),
    Proof("emergency-number-taken", emergency_number_taken, Severity.ERROR),
    Proof("emergency-blocked", emergency_blocked),
    Proof("emergency-numbers-foreign", emergency_numbers_foreign),
    Proof("emergency-without-caller-id", emergency_without_caller_id),
    Proof("deny-without-allow", deny_without_allow),
    Proof("inbound-rule-shadowed", inbound_rule_shadowed),
    Proof("inbound-rule-outranked", inbound_rule_outranked),
    Proof("inbound-mask-national", inbound_mask_national),
    Proof("outbound-rule-shadowed", outbound_rule_shadowed),
    Proof("outbound-rule-without-trunk", outbound_rule_without_trunk),
    Proof("destination-dead", destination_dead),
    Proof("destination-help", destination_help),
    Proof("destination-own-number", destination_own_number),
    Proof("ring-group-dead", ring_group_dead),
    Proof("relay-unbounded", relay_unbounded),
    Proof("number-without-rule", number_without_rule),
    Proof("toll-exposure", toll_exposure, Severity.ERROR),
    Proof("toll-unknown", toll_unknown),
)
DID_TWO_OWNERS: Final = "did-two-owners"
DID_TWO_OWNERS_WHY: Final = (
    "A number on a shared trunk belongs to one tenant, and so does one that is called from an address which trunks of "
    "several tenants have. With two, calls to it would be refused, or one tenant would take another's; "
    "held back is the one whose change caused it."
)
