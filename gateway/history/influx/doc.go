// Package influx copies the journal to InfluxDB and reads charts from it:
// 2.x, 1.8 with Flux, and for writing 3.
//
// The Sink sends the journal's own lines. It never drops one by itself: what
// InfluxDB refuses for good is set aside with its reason, everything else is
// sent again until it is stored. Of a server that refuses every line, without
// a reason about lines, nothing is set aside: that is a mistake to fix. It
// works through the journal in order, so a backlog goes before newer data; it
// drains at InfluxDB.Drain lines a second or at twice the rate the backlog was
// written with, whichever is more, so it always catches up. Live values do not
// pass through here.
package influx
