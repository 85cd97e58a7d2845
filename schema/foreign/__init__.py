"""Other PBXs' configuration into manifests: text in, resources and a list of what could not be carried over out; no file is opened here."""
