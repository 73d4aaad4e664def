"""The command line: a folder for each group of commands; they parse, call the library and print."""
