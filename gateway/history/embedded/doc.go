// Package embedded is the history that needs no other program: Prometheus's
// time-series database in a folder of ours, fed from the journal.
//
// A point is up to three series: its good numbers, its uncertain ones and the
// codes of its other qualities. Numbers are float64, so a counter above 2^53
// (about nine quadrillion) loses its last digits. Times are kept to the
// millisecond. Of two different values of a point at one millisecond the
// first stays; the second is refused as a duplicate, or, when it also comes
// out of order, either one stays. What lies more than 48 h behind the newest
// sample of the store is refused too: the journal and InfluxDB still have it.
//
// The journal is the truth. The store's log is forced to disk every two
// seconds, and only then does the cursor move: after a kill or a power cut
// the last seconds come again, and a sample that is already there is the same
// sample. What cannot be read is set aside and built again from the journal
// as far as that reaches.
package embedded
