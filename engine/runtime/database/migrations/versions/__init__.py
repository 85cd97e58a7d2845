"""One file a version, from the first table on."""
