"""Files that other people's code reads, written from any labelled source, and published files read as one."""
