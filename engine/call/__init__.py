"""Calls: legs that translate SIP into call events, calls that relate legs, the switch that owns them (law 6)."""
