"""What a team would pick instead: the tutorial's dashboard on each one's own sessions, as its documentation says."""
