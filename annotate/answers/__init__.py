"""What comes back from coders: Label Studio's JSON becomes annotations, and they are kept."""
