"""The only part of the engine that touches the world: sockets, the loop, clocks, files, the database (law 2)."""
