"""What attributes state of a party beside what a score reads: who it is said to be, and who contributed facts."""
