// Package line writes and reads the journal's entries: InfluxDB line
// protocol, one line per reading.
package line
