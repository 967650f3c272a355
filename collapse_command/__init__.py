"""One command for the project's programs; it imports none of them before it is told which."""
