"""What people see of the package, taken down."""
