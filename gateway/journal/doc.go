// Package journal is the durable log of readings between the drivers and
// everything that reads them. Emit returns when a reading is on disk;
// concurrent emitters share one commit. Every reader has a cursor of its own
// and goes on from it after any kill. What was produced is always accounted
// for: stored, waiting, or dropped for a reason.
package journal
