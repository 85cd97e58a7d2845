"""Media: a leg's sessions, bridges between legs, and the backends that move the packets (law 7)."""
