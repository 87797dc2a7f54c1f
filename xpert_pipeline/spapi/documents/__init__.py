"""Downloads, checks and reads the files with the data of reports and queries, row by row."""
