"""What people see of the package does not change unnoticed."""
