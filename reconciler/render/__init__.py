"""What people and machines are shown: a value in, text out; one file for each format. Nothing here reads a clock, a file or a terminal."""
