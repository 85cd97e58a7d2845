"""The HTTP face: reads through the query ports, commands through the narrow ones; knows no live object."""
