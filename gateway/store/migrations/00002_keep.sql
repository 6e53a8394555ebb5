-- +goose Up
-- Where an alarm stood at an instant, without walking its whole life.
CREATE INDEX transitions_life ON transitions (site, alarm, at, seq);

-- All that figures need of a transition, so that they never read its body.
DROP INDEX transitions_at;
CREATE INDEX transitions_at ON transitions (site, at, seq, alarm, asset, rule, priority, event, was, state, active, who);

-- Lists of what one rule did, and of what people did.
CREATE INDEX alarms_rule ON alarms (site, rule);
CREATE INDEX transitions_people ON transitions (site, seq) WHERE who <> '';

-- What is deleted when it is old enough.
CREATE INDEX outbox_at ON outbox (site, at);

-- Which photo a line of a timeline names: one that no line names is swept.
ALTER TABLE ticket_events ADD COLUMN attach TEXT NOT NULL DEFAULT '';
UPDATE ticket_events SET attach = coalesce(json_extract(CAST(body AS TEXT), '$.attach.id'), '') WHERE json_valid(CAST(body AS TEXT));
CREATE INDEX ticket_events_attach ON ticket_events (site, attach) WHERE attach <> '';
