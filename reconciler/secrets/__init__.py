"""Finding the values that `SecretRef`s name."""
