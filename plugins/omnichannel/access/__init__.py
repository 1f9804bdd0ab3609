"""Who may do what where a team works: roles, logins, a second person for approvals, what browsers are told."""
