"""What a promotion or a rollback would change, said before it is done."""
