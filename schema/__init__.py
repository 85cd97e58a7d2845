"""The manifest language: text in, problems or a Catalog out; it opens no file and asks no clock.

Callers use `manifest_set.parse_file` and `manifest_set.assemble`; what they get is described in `catalog` and `resource`.
"""
