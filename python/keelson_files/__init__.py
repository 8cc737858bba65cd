"""The files of one volume over HTTP, for the dashboard's file browser. The standard library alone."""
