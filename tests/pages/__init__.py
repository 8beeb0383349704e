"""What people see and do in browsers, a file for each feature."""
