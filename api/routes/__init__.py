"""One file per group of routes; each route parses, asks, presents."""
