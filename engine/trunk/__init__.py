"""Trunks at run time: where their servers are and how they stand, registration with them, what calls to and from them say."""
