"""The wire form of what the API shows: JSON in snake_case, instants in UTC with `Z`. Only here; one subject a file.

Bodies are read off the engine's and reconciler's views by attribute, so a field added there stays inside until it is named here.
"""
