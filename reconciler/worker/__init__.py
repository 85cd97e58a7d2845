"""The child process that reads, accepts and compiles off the call path, and the parent's handle on it."""
