"""Label Studio as a server: started, connected to, pushed to and pulled from."""
