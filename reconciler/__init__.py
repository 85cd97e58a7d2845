"""Brings the running engine to what the manifests say: read, accept tenant by tenant, compile, apply, account for it."""
