"""The invented bank: families, papers and sign-ins for a first look and for tests."""
