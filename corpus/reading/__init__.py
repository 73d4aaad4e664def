"""Files of all formats are read, record by record, into articles or rejects."""
