"""Who may do what where a team works: roles, logins, a second person, what browsers are told."""
