"""Call services: one script per service, `async` functions over a `CallPort` that import no event loop (law 5)."""
