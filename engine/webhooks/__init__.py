"""What is posted to a tenant's own servers, how it is signed, and what is made of the answer. Decisions without IO."""
