"""What the routes give. These models document and test; they are not run at every call."""
