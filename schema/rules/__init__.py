"""Checks across resources, one file per topic; `schema.rules.registry` lists them."""
