"""The kinds of resources, one file each; `schema.registry` lists them."""
