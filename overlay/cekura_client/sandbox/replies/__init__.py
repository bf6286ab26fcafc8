"""What the API would answer: calls in full and as rows, pages of a list, the balance."""
