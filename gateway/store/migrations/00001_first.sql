-- +goose Up
-- Every key carries the site. Times are nanoseconds since 1970 UTC; 0 is none.
-- body is the JSON of gateway/duty; other columns are what is searched by.

CREATE TABLE cursors (
  site  TEXT PRIMARY KEY,
  seq   INTEGER NOT NULL, -- of the journal
  clock INTEGER NOT NULL, -- what the engine took for now
  began INTEGER NOT NULL  -- clock of the first commit
) WITHOUT ROWID;

CREATE TABLE rule_state (
  site TEXT NOT NULL,
  key  TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (site, key)
) WITHOUT ROWID;

CREATE TABLE alarms (
  n        INTEGER PRIMARY KEY, -- in the order in which they began
  site     TEXT NOT NULL,
  id       TEXT NOT NULL,
  asset    TEXT NOT NULL,
  rule     TEXT NOT NULL,
  fault    TEXT NOT NULL,
  priority INTEGER NOT NULL,
  state    TEXT NOT NULL,
  open     INTEGER NOT NULL, -- not normal
  began    INTEGER NOT NULL, -- first transition
  ended    INTEGER NOT NULL, -- last transition; of an open one the greatest number there is
  body     BLOB NOT NULL,
  UNIQUE (site, id)
);
CREATE INDEX alarms_site ON alarms (site);
CREATE INDEX alarms_open ON alarms (site, open);
CREATE INDEX alarms_asset ON alarms (site, asset);
CREATE INDEX alarms_ended ON alarms (site, ended, began, id, rule);

CREATE TABLE transitions (
  site     TEXT NOT NULL,
  seq      INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  alarm    TEXT NOT NULL,
  asset    TEXT NOT NULL,
  rule     TEXT NOT NULL,
  priority INTEGER NOT NULL,
  event    TEXT NOT NULL,
  was      TEXT NOT NULL,
  state    TEXT NOT NULL,
  active   INTEGER NOT NULL,
  who      TEXT NOT NULL,
  body     BLOB NOT NULL,
  UNIQUE (site, seq)
);
CREATE INDEX transitions_at ON transitions (site, at, seq);
CREATE INDEX transitions_alarm ON transitions (site, alarm, seq);

CREATE TABLE tickets (
  n        INTEGER PRIMARY KEY, -- in the order in which they were opened
  site     TEXT NOT NULL,
  id       TEXT NOT NULL,
  asset    TEXT NOT NULL,
  fault    TEXT NOT NULL,
  unit     TEXT NOT NULL,
  area     TEXT NOT NULL,
  origin   TEXT NOT NULL,
  class    TEXT NOT NULL,
  priority INTEGER NOT NULL,
  state    TEXT NOT NULL,
  open     INTEGER NOT NULL, -- not over
  breached INTEGER NOT NULL, -- one of its clocks was broken
  began    INTEGER NOT NULL, -- opened
  ended    INTEGER NOT NULL, -- last change; of an open one the greatest number there is
  body     BLOB NOT NULL,
  UNIQUE (site, id)
);
CREATE INDEX tickets_site ON tickets (site);
CREATE INDEX tickets_open ON tickets (site, open);
CREATE INDEX tickets_asset ON tickets (site, asset, fault);
CREATE INDEX tickets_ended ON tickets (site, ended, began);

CREATE TABLE ticket_events (
  site   TEXT NOT NULL,
  ticket TEXT NOT NULL,
  no     INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  body   BLOB NOT NULL,
  UNIQUE (site, ticket, no)
);

CREATE TABLE outbox (
  n         INTEGER PRIMARY KEY,
  site      TEXT NOT NULL,
  key       TEXT NOT NULL,
  at        INTEGER NOT NULL,
  attempts  INTEGER NOT NULL DEFAULT 0,
  next_at   INTEGER NOT NULL,           -- not to be tried before
  delivered_at INTEGER NOT NULL DEFAULT 0,
  failure   TEXT NOT NULL DEFAULT '',   -- of the last attempt
  body      BLOB NOT NULL,
  UNIQUE (site, key)
);
CREATE INDEX outbox_pending ON outbox (site, next_at) WHERE delivered_at = 0;

CREATE TABLE audit (
  site  TEXT NOT NULL,
  no    INTEGER NOT NULL, -- from 1, without a gap
  at    INTEGER NOT NULL,
  who   TEXT NOT NULL,
  what  TEXT NOT NULL,
  about TEXT NOT NULL,
  text  TEXT NOT NULL,
  hash  BLOB NOT NULL,    -- SHA-256 over the hash before and this row
  UNIQUE (site, no)
);
-- The newest row once more, so that cutting off the end is seen as well.
CREATE TABLE audit_heads (
  site TEXT PRIMARY KEY,
  no   INTEGER NOT NULL,
  hash BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE attachments (
  site TEXT NOT NULL,
  id   TEXT NOT NULL, -- SHA-256 of the file
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  size INTEGER NOT NULL,
  at   INTEGER NOT NULL,
  PRIMARY KEY (site, id)
) WITHOUT ROWID;

-- What was said stays said.
-- +goose StatementBegin
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END;
-- +goose StatementEnd
