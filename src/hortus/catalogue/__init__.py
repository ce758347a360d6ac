"""The catalogue: the identity of services, which many practices share. No functions or status: those come above."""
