"""What calls outside can cost: the worst hour that rates, routes and limits allow, as docs/rates.md has it."""
