"""Records and bindings in SQL: tables, their migrations, and the stores of `engine.ports` on them.

SQLite in WAL mode by default, PostgreSQL by URL. Importing this package costs about a second, so nothing on the way to the first
SIP answer does; `engine.runtime.storage` brings it in afterwards.
"""
