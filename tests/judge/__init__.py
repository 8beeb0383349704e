"""Outside judges of the pages: the Nu HTML checker, html-validate and Lighthouse."""
