"""The course as a web site: readable pages, and JupyterLite, in which they run without any installation."""
