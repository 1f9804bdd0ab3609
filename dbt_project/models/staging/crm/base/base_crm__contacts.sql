-- grain: one row per landed version of each key of crm/contacts
{{ landed_versions('crm', 'contacts', key=['contact_id']) }}
