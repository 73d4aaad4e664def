"""What commands of several groups share: options, progress, Ctrl-C."""
