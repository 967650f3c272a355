"""The documentation site: what MkDocs needs beside the Markdown pages that GitHub shows."""
