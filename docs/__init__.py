"""The site: pages about the project, some of them made by code."""
