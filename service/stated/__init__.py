"""What attributes state of a party beside what a score reads: who it is, what it holds, who contributed facts."""
