"""What the party scored is told: notices of adverse action, and the own report, as JSON and as pages to print."""
