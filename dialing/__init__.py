"""Numbers and patterns: pure values that schema and engine share. No third party, no IO, no clock."""
