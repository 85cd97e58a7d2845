"""The command line: composes schema, engine, reconciler and API into commands. One file per command."""
