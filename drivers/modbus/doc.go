// Package modbus reads equipment over Modbus TCP, RTU on a serial line, and
// RTU frames over TCP. It only ever reads.
//
// One source is one bus: one TCP endpoint or one serial line. One goroutine
// owns the line, asks the units in turn, those with alarm points first
// (bus.go), and hands its readings to a second one that emits them, so that a
// commit to disk overlaps the next poll (outbox.go). From the wire upwards:
// frames (frame.go), a connection that is dropped when it cannot be trusted
// (line.go, dial.go, serial_*.go), block reads (plan.go), numbers out of
// registers (decode.go), one asset's poll (asset.go), dead units (unit.go).
//
// What numbers mean. A value is a float64: 64-bit integers above 2^53 lose
// their lowest digits. A counter is reported as the device gives it: where
// it begins again is its point's Rollover (register range times scale), and
// whoever takes differences does it by history.Increase; nothing is made up
// here.
package modbus
