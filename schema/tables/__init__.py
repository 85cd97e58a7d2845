"""Manifests as tables: extensions, inbound rules and trunks as CSV, for spreadsheets and for coming from other systems."""
