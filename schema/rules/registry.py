"""All rules, one line each."""

from typing import Final

from schema.problem import Severity
from schema.rules.address_rules import (
    allow_wide,
    deny_own_address,
    ip_rule_undescribed,
    network_twice,
    shared_trunk_denied,
    trunk_denied,
)
from schema.rules.addresses import (
    advertised_address_doubtful,
    advertised_address_needed,
    advertised_address_private,
    advertised_address_wrong,
)
from schema.rules.administrators import administrator_extension, administrator_without_tenant, duplicate_login
from schema.rules.countries import country_unknown, own_country_denied
from schema.rules.domains import duplicate_domain
from schema.rules.features import feature_prefix_taken, music_unused, one_mail_server, one_of_a_kind
from schema.rules.identity import duplicate_resource, tenant_exists
from schema.rules.listeners import (
    duplicate_listener,
    listener_needed,
    listener_tenant_exists,
    media_port_overlap,
    media_ports_few,
    web_port_taken,
)
from schema.rules.mail import mail_unencrypted, report_without_mail
from schema.rules.menus import (
    direct_dial_hidden,
    direct_dial_length,
    menu_key_dead,
    menu_key_overlap,
    menu_timeout_missing,
    receptionist_action_twice,
)
from schema.rules.not_yet import not_supported_yet
from schema.rules.numbers import duplicate_auth_user, duplicate_number
from schema.rules.office_hours import (
    date_past,
    date_twice,
    holiday_subdivision,
    hours_gap,
    hours_overlap,
    hours_reversed,
    hours_short,
    never_open,
    office_hours_exist,
    weekday_forgotten,
    weekday_twice,
)
from schema.rules.onward import destination_disabled, queue_dead, routing_loop
from schema.rules.out_of_hours import out_of_hours_never
from schema.rules.outbound import extensions_nobody, prefix_star, route_twice
from schema.rules.people import (
    extension_group_default,
    extension_group_exists,
    extension_profile_exists,
    extension_profile_unused,
    greeting_exists,
    group_manager_member,
    mail_missing,
    voicemail_missing,
    voicemail_off,
    voicemail_pin_missing,
)
from schema.rules.phones import (
    phone_mac_twice,
    phone_model,
    phone_of_other_tenant,
    phone_remote_vendor,
    phone_template_exists,
    plug_and_play_port,
)
from schema.rules.platform import (
    backup_nowhere,
    conference_servers_off,
    digest_off,
    direct_media_public,
    media_servers_off,
    push_app_twice,
    unknown_extensions,
    web_rtc_listener,
)
from schema.rules.quotas import conference_quota, extension_quota, queue_quota, ring_group_quota, storage_quota
from schema.rules.references import (
    conference_exists,
    extension_exists,
    group_empty,
    music_exists,
    prompt_exists,
    queue_exists,
    receptionist_exists,
    ring_group_exists,
    trunk_exists,
)
from schema.rules.reserved_numbers import reserved_number_taken, reserved_number_twice
from schema.rules.routes import duplicate_mask, forwarding_unreachable
from schema.rules.rule import AcrossRule, ResourceRule, Rule, SystemRule, TenantRule
from schema.rules.services import (
    hours_unused,
    member_twice,
    paging_disabled,
    paging_nobody,
    queue_times,
    receptionist_line_hidden,
)
from schema.rules.tenant_sources import source_number, source_tenant_exists, source_trunk
from schema.rules.tolls import (
    balance_unused,
    billing_without_rates,
    budget_without_rates,
    rate_table_exists,
    rates_currency,
)
from schema.rules.trunks import (
    preset_locked,
    preset_registration,
    shared_trunk_listener,
    shared_trunk_number,
    trunk_address_twice,
    trunk_hides_shared,
    trunk_listener,
    trunk_not_shared,
    trunk_tenants_exist,
)
from schema.rules.webhooks import webhook_unencrypted

TENANT_RULES: Final[tuple[TenantRule, ...]] = (
    Rule("duplicate-resource", duplicate_resource),
    Rule("tenant-exists", tenant_exists),
    Rule("duplicate-number", duplicate_number),
    Rule("duplicate-auth-user", duplicate_auth_user),
    Rule("extension-quota", extension_quota),
    Rule("queue-quota", queue_quota),
    Rule("conference-quota", conference_quota),
    Rule("storage-quota", storage_quota),
    Rule("extension-profile-exists", extension_profile_exists),
    Rule("extension-profile-unused", extension_profile_unused, Severity.WARNING),
    Rule("extension-group-exists", extension_group_exists),
    Rule("extension-group-default", extension_group_default),
    Rule("group-manager-member", group_manager_member, Severity.WARNING),
    Rule("greeting-exists", greeting_exists),
    Rule("voicemail-pin-missing", voicemail_pin_missing),
    Rule("voicemail-off", voicemail_off, Severity.WARNING),
    Rule("voicemail-missing", voicemail_missing, Severity.WARNING),
    Rule("mail-missing", mail_missing, Severity.WARNING),
    Rule("ring-group-quota", ring_group_quota),
    Rule("trunk-exists", trunk_exists),
    Rule("extension-exists", extension_exists),
    Rule("ring-group-exists", ring_group_exists),
    Rule("receptionist-exists", receptionist_exists),
    Rule("queue-exists", queue_exists),
    Rule("conference-exists", conference_exists),
    Rule("prompt-exists", prompt_exists),
    Rule("music-exists", music_exists),
    Rule("routing-loop", routing_loop, Severity.WARNING),
    Rule("destination-disabled", destination_disabled, Severity.WARNING),
    Rule("queue-dead", queue_dead, Severity.WARNING),
    Rule("queue-times", queue_times, Severity.WARNING),
    Rule("member-twice", member_twice, Severity.WARNING),
    Rule("receptionist-line-hidden", receptionist_line_hidden, Severity.WARNING),
    Rule("paging-disabled", paging_disabled, Severity.WARNING),
    Rule("paging-nobody", paging_nobody, Severity.WARNING),
    Rule("hours-unused", hours_unused, Severity.WARNING),
    Rule("one-of-a-kind", one_of_a_kind),
    Rule("feature-prefix-taken", feature_prefix_taken),
    Rule("music-unused", music_unused, Severity.WARNING),
    Rule("menu-key-dead", menu_key_dead, Severity.WARNING),
    Rule("menu-key-overlap", menu_key_overlap, Severity.WARNING),
    Rule("menu-timeout-missing", menu_timeout_missing, Severity.WARNING),
    Rule("direct-dial-length", direct_dial_length, Severity.WARNING),
    Rule("direct-dial-hidden", direct_dial_hidden, Severity.WARNING),
    Rule("receptionist-action-twice", receptionist_action_twice),
    Rule("group-empty", group_empty, Severity.WARNING),
    Rule("prefix-star", prefix_star, Severity.WARNING),
    Rule("extensions-nobody", extensions_nobody, Severity.WARNING),
    Rule("route-twice", route_twice, Severity.WARNING),
    Rule("duplicate-mask", duplicate_mask),
    Rule("forwarding-unreachable", forwarding_unreachable, Severity.WARNING),
    Rule("trunk-listener", trunk_listener),
    Rule("trunk-hides-shared", trunk_hides_shared, Severity.WARNING),
    Rule("trunk-not-shared", trunk_not_shared),
    Rule("trunk-address-twice", trunk_address_twice),
    Rule("trunk-denied", trunk_denied, Severity.WARNING),
    Rule("preset-locked", preset_locked),
    Rule("preset-registration", preset_registration),
    Rule("country-unknown", country_unknown),
    Rule("rate-table-exists", rate_table_exists),
    Rule("phone-template-exists", phone_template_exists),
    Rule("phone-model", phone_model),
    Rule("phone-mac-twice", phone_mac_twice),
    Rule("phone-remote-vendor", phone_remote_vendor, Severity.WARNING),
    Rule("report-without-mail", report_without_mail),
    Rule("mail-unencrypted", mail_unencrypted, Severity.WARNING),
    Rule("rates-currency", rates_currency),
    Rule("budget-without-rates", budget_without_rates),
    Rule("billing-without-rates", billing_without_rates, Severity.WARNING),
    Rule("balance-unused", balance_unused, Severity.WARNING),
    Rule("own-country-denied", own_country_denied, Severity.WARNING),
    Rule("office-hours-exist", office_hours_exist),
    Rule("weekday-twice", weekday_twice),
    Rule("weekday-forgotten", weekday_forgotten, Severity.WARNING),
    Rule("hours-overlap", hours_overlap),
    Rule("hours-gap", hours_gap, Severity.WARNING),
    Rule("hours-short", hours_short, Severity.WARNING),
    Rule("hours-reversed", hours_reversed, Severity.WARNING),
    Rule("never-open", never_open),
    Rule("out-of-hours-never", out_of_hours_never, Severity.WARNING),
    Rule("date-twice", date_twice),
    Rule("date-past", date_past, Severity.WARNING),
    Rule("holiday-subdivision", holiday_subdivision),
    Rule("webhook-unencrypted", webhook_unencrypted, Severity.WARNING),
    Rule("reserved-number-taken", reserved_number_taken),
    Rule("duplicate-login", duplicate_login),
    Rule("administrator-extension", administrator_extension),
    Rule("source-trunk", source_trunk),
    Rule("source-number", source_number),
)
SYSTEM_RULES: Final[tuple[SystemRule, ...]] = (
    Rule("duplicate-resource", duplicate_resource),
    Rule("listener-needed", listener_needed),
    Rule("duplicate-listener", duplicate_listener),
    Rule("listener-tenant-exists", listener_tenant_exists),
    Rule("source-tenant-exists", source_tenant_exists),
    Rule("media-port-overlap", media_port_overlap),
    Rule("media-ports-few", media_ports_few, Severity.WARNING),
    Rule("trunk-listener", shared_trunk_listener),
    Rule("trunk-tenants-exist", trunk_tenants_exist),
    Rule("trunk-denied", shared_trunk_denied, Severity.WARNING),
    Rule("shared-trunk-number", shared_trunk_number, Severity.WARNING),
    Rule("plug-and-play-port", plug_and_play_port, Severity.WARNING),
    Rule("mail-unencrypted", mail_unencrypted, Severity.WARNING),
    Rule("preset-locked", preset_locked),
    Rule("preset-registration", preset_registration),
    Rule("advertised-address-needed", advertised_address_needed),
    Rule("advertised-address-wrong", advertised_address_wrong),
    Rule("advertised-address-doubtful", advertised_address_doubtful, Severity.WARNING),
    Rule("network-twice", network_twice),
    Rule("allow-wide", allow_wide, Severity.WARNING),
    Rule("deny-own-address", deny_own_address),
    Rule("advertised-address-private", advertised_address_private, Severity.WARNING),
    Rule("web-port-taken", web_port_taken),
    Rule("reserved-number-twice", reserved_number_twice),
    Rule("web-rtc-listener", web_rtc_listener, Severity.WARNING),
    Rule("media-servers-off", media_servers_off, Severity.WARNING),
    Rule("direct-media-public", direct_media_public, Severity.WARNING),
    Rule("conference-servers-off", conference_servers_off, Severity.WARNING),
    Rule("backup-nowhere", backup_nowhere, Severity.WARNING),
    Rule("digest-off", digest_off, Severity.WARNING),
    Rule("unknown-extensions", unknown_extensions, Severity.WARNING),
    Rule("push-app-twice", push_app_twice),
    Rule("one-of-a-kind", one_mail_server),
    Rule("duplicate-login", duplicate_login),
    Rule("administrator-without-tenant", administrator_without_tenant),
)
ACROSS_RULES: Final[tuple[AcrossRule, ...]] = (
    Rule("duplicate-domain", duplicate_domain),
    Rule("phone-of-other-tenant", phone_of_other_tenant),
)
STRICT_RULES: Final[tuple[ResourceRule, ...]] = (
    Rule("not-supported-yet", not_supported_yet, Severity.WARNING),
    Rule("ip-rule-undescribed", ip_rule_undescribed, Severity.WARNING),
)
"""Asked in the strict set only: by `validate --strict`, or `System.spec.rules.set`."""
