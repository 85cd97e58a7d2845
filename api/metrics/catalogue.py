"""Every metric of `/metrics`: name, type, labels and what it says. docs/metrics.md is drawn from here, and nothing else is exposed.

Named as Prometheus asks: base units, `_total` for counters. The only labels without a fixed set of values are tenants, trunks, listeners
and reasons of ours: never a number, a phone's address or anything else that others choose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Type = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Metric:
    """`name` as it is exposed: a counter's with `_total`, a histogram's without `_bucket`."""

    name: str
    type: Type
    help: str
    labels: tuple[str, ...] = ()

    @property
    def series(self) -> tuple[str, ...]:
        """The names that can be asked for."""
        if self.type == "histogram":
            return (f"{self.name}_bucket", f"{self.name}_count", f"{self.name}_sum")
        return (self.name,)


GROUPS: Final[tuple[tuple[str, tuple[Metric, ...]], ...]] = (
    (
        "The server and its configuration",
        (
            Metric(
                "trunkline_build_info",
                "gauge",
                "Always 1; what runs: version, media (native or python), Python.",
                ("version", "media", "python"),
            ),
            Metric("trunkline_start_time_seconds", "gauge", "When the server started, UNIX seconds."),
            Metric(
                "trunkline_revision_info",
                "gauge",
                "Always 1; the revision that new calls are decided by.",
                ("revision",),
            ),
            Metric(
                "trunkline_revision_sequence", "gauge", "Number of the revision that runs; 0 where it is not known."
            ),
            Metric(
                "trunkline_last_applied_timestamp_seconds", "gauge", "When manifests were applied last; absent before."
            ),
            Metric(
                "trunkline_last_round_timestamp_seconds",
                "gauge",
                "When the manifests were looked at last; absent before.",
            ),
            Metric("trunkline_source_readable", "gauge", "1 if the manifests can be read, 0 if not."),
            Metric(
                "trunkline_tenant_sources_unavailable",
                "gauge",
                "Tenants whose own source can't be had as it is now; what runs of them goes on.",
            ),
            Metric("trunkline_units", "gauge", "Tenants, and the system, that following the manifests knows of."),
            Metric(
                "trunkline_units_held_back",
                "gauge",
                "Those of them whose manifests are not what runs, by reason of what keeps them back.",
                ("reason",),
            ),
            Metric("trunkline_proposal_waiting", "gauge", "1 if a change waits to be approved or confirmed."),
            Metric("trunkline_suspended", "gauge", "1 if following the manifests rests until somebody resumes it."),
            Metric("trunkline_manifest_warnings", "gauge", "Warnings about the manifests that run."),
        ),
    ),
    (
        "Calls",
        (
            Metric("trunkline_calls", "gauge", "Live calls.", ("tenant",)),
            Metric("trunkline_calls_started_total", "counter", "Calls that came, refused ones too.", ("tenant",)),
            Metric("trunkline_calls_answered_total", "counter", "Calls that were answered.", ("tenant",)),
            Metric(
                "trunkline_calls_ended_total",
                "counter",
                "Calls that are over, by the outcome that their record has and by who ended them.",
                ("tenant", "outcome", "party"),
            ),
            Metric(
                "trunkline_call_setup_seconds",
                "histogram",
                "From INVITE to the first ringing, and to the answer.",
                ("stage",),
            ),
        ),
    ),
    (
        "Phones, trunks, sockets",
        (
            Metric("trunkline_registrations", "gauge", "Registered contacts.", ("tenant",)),
            Metric("trunkline_registration_events_total", "counter", "What became of registrations.", ("event",)),
            Metric("trunkline_trunk_up", "gauge", "1 if calls go over the trunk, 0 if not.", ("tenant", "trunk")),
            Metric(
                "trunkline_trunk_state",
                "gauge",
                "1 for the state that the trunk is in.",
                ("tenant", "trunk", "state"),
            ),
            Metric("trunkline_trunk_channels", "gauge", "Calls over the trunk, both ways.", ("tenant", "trunk")),
            Metric(
                "trunkline_trunk_channels_max",
                "gauge",
                "How many it may carry; absent where nothing limits it.",
                ("tenant", "trunk"),
            ),
            Metric("trunkline_listener_up", "gauge", "1 if the listener listens, 0 if not.", ("listener", "transport")),
            Metric("trunkline_listener_connections", "gauge", "Open connections.", ("listener", "transport")),
        ),
    ),
    (
        "Media",
        (
            Metric("trunkline_media_packets_total", "counter", "RTP packets from phones and to them.", ("direction",)),
            Metric("trunkline_media_bytes_total", "counter", "Bytes of RTP from phones and to them.", ("direction",)),
            Metric(
                "trunkline_media_packets_lost_total",
                "counter",
                "RTP packets that never came, by their sequence numbers.",
            ),
            Metric(
                "trunkline_media_packets_dropped_total",
                "counter",
                "Packets that were not relayed, by reason.",
                ("reason",),
            ),
            Metric("trunkline_media_streams", "gauge", "Streams that live and receive."),
            Metric("trunkline_media_jitter_mean_seconds", "gauge", "Mean jitter of those streams."),
            Metric("trunkline_media_jitter_max_seconds", "gauge", "Jitter of the worst of them."),
            Metric("trunkline_media_port_pairs", "gauge", "Pairs of media ports by what they are.", ("state",)),
            Metric("trunkline_media_port_pairs_max", "gauge", "How many the range has."),
        ),
    ),
    (
        "What was refused and dropped",
        (
            Metric("trunkline_refused_total", "counter", "Requests that were refused, by reason.", ("reason",)),
            Metric("trunkline_dropped_total", "counter", "Datagrams that were dropped, by reason.", ("reason",)),
            Metric(
                "trunkline_protocol_events_total",
                "counter",
                "Everything else that is out of the ordinary in SIP and its connections, by what it is.",
                ("event",),
            ),
            Metric("trunkline_bans", "gauge", "Sources that are banned now."),
            Metric("trunkline_ban_dropped", "gauge", "Datagrams of those that were dropped."),
        ),
    ),
    (
        "How the server keeps up",
        (
            Metric("trunkline_overloaded", "gauge", "1 while new work is refused because there is too much."),
            Metric(
                "trunkline_loop_lateness_seconds",
                "histogram",
                "By how much timers ran late: how long the loop was held.",
            ),
            Metric("trunkline_storage_ok", "gauge", "1 if records and registrations are stored, 0 if they wait."),
            Metric("trunkline_journal_unconfirmed", "gauge", "Closed calls that only the journal has yet."),
            Metric("trunkline_journal_events_total", "counter", "What the journal did.", ("event",)),
            Metric("trunkline_records_stored_total", "counter", "Call records that the database has taken."),
            Metric(
                "trunkline_registration_changes_waiting",
                "gauge",
                "Changes of registrations that the database has not got yet.",
            ),
            Metric("trunkline_database_queue", "gauge", "Writes that the database's thread has yet to do."),
            Metric(
                "trunkline_database_failures_total", "counter", "Writes that failed and are tried again.", ("what",)
            ),
        ),
    ),
    (
        "Webhooks",
        (
            Metric("trunkline_webhook_pending", "gauge", "Messages that wait to be posted.", ("tenant", "hook")),
            Metric(
                "trunkline_webhook_oldest_timestamp_seconds",
                "gauge",
                "When the oldest of them happened.",
                ("tenant", "hook"),
            ),
            Metric("trunkline_webhook_delivered_total", "counter", "Messages that were taken.", ("tenant", "hook")),
            Metric("trunkline_webhook_failures_total", "counter", "Attempts that failed.", ("tenant", "hook")),
            Metric("trunkline_webhook_dropped_total", "counter", "Messages that were given up.", ("tenant", "hook")),
        ),
    ),
    (
        "The API",
        (
            Metric("trunkline_api_requests_total", "counter", "Requests answered.", ("method", "route", "status")),
            Metric(
                "trunkline_api_request_seconds",
                "histogram",
                "From the request to the beginning of its answer.",
                ("route",),
            ),
            Metric(
                "trunkline_api_gate_refused_total",
                "counter",
                "Requests by TCP that came to no route: `wrong_token`, `wrong_session`: never good; `token_over`, `session_over`: expired "
                "or ended; `too_many`: of such, beyond 20 a minute from one address; `no_credentials`; `foreign_name`, `foreign_page`: see "
                "docs/api.md; `two_lengths`; `not_ready`: tokens were not read yet.",
                ("reason",),
            ),
            Metric("trunkline_api_event_streams_open", "gauge", "Event streams that are open."),
            Metric(
                "trunkline_api_event_streams_total",
                "counter",
                "Event streams: `opened`; `resumed` of them; `cut_off`: read too slowly; `begun_anew`: events were lost.",
                ("what",),
            ),
        ),
    ),
    (
        "The process",
        (
            Metric("process_cpu_seconds_total", "counter", "CPU time used."),
            Metric("process_resident_memory_bytes", "gauge", "Memory in use."),
            Metric("process_virtual_memory_bytes", "gauge", "Address space in use."),
            Metric("process_start_time_seconds", "gauge", "When the process started."),
            Metric("process_open_fds", "gauge", "Open descriptors."),
            Metric("process_max_fds", "gauge", "How many there may be."),
        ),
    ),
)

METRICS: Final = {metric.name: metric for _, group in GROUPS for metric in group}
