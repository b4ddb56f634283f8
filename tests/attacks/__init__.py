"""What anybody with a connection may try: each attack small, against a server as it is started."""
