"""Who the controllers are and what they promised: rules without a database, a framework or a clock."""
