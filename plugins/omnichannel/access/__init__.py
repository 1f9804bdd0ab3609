"""Who may do what where a team works: roles, logins, a second person, headers for browsers."""
