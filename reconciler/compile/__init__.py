"""Turning what a manifest says into what the engine is told: one file per kind, and the registry that lists them.

It can't fail: schema's rules saw to it. Adding a kind is a file here and a line in `registry`.
"""
