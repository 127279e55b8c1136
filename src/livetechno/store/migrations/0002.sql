-- How a conversation is answered beside its model: temperature and the like, as JSON.
ALTER TABLE conversations ADD COLUMN parameters TEXT NOT NULL DEFAULT '{}';
