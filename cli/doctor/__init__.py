"""`trunkline doctor`: facts of the machine, judged by pure checks."""
