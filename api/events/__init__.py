"""The event stream: what the engine tells and how following stands, made one sequence that any number of readers share."""
