"""The report: one HTML file that says what was measured, how, and what it rests on."""
