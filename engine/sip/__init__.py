"""SIP: messages, transactions, dialogs, digest. Sans-IO."""
