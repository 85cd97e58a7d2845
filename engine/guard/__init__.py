"""Keeping the PBX up and strangers out: decisions without IO."""
