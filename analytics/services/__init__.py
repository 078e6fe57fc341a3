"""What is counted, and how numbers are kept and given away."""
