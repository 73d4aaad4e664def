"""Downloads of databases: many articles in one text or page, split into records."""
