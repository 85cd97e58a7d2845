"""The running PBX: SIP, media, routing, calls and their records. Knows neither YAML nor HTTP; see README.md for its doors."""
