"""nbgrader's configuration: run its commands in this folder, with the project's folder on PYTHONPATH."""

c = get_config()  # noqa: F821  nbgrader defines it
c.CourseDirectory.course_id = "recurrent-cells"
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.ClearSolutions.text_stub = "*Your answer here.*"
