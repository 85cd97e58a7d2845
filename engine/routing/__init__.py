"""Where a call goes: a pure function from snapshot, facts and question to a decision that explains itself."""
