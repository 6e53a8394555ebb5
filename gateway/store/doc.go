// Package store keeps what asks something of people: alarms, tickets, the
// outbox, the rules' own state with their place in the journal, the audit log
// and the photos of tickets. One commit is one transaction, so that effect,
// state and cursor are on disk together or not at all. It decides nothing.
package store
