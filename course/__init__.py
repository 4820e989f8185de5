"""The course: problem sets for nbgrader, and a grader that runs students' code in a sandbox and explains mistakes."""
