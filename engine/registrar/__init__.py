"""Who is where: the bindings of phones. Sans-IO."""
