"""Proofs on the Snapshot: what only shows when the engine's own routing is asked. One file per topic; `registry` lists them.

A proof looks at one tenant with the trunks that it may share. What it finds stands at the line of the resource that is to be changed.
"""
