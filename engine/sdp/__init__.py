"""Session descriptions: read, compared, anchored. Sans-IO."""
