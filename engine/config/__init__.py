"""What the engine is told: frozen values, their keys, the Snapshot that holds them, and the secrets beside it. A door.

Nothing here knows YAML. Values are plain frozen dataclasses: equal values are the same configuration, their `repr` is stable
and is what digests are made of.
"""
