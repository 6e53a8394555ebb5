// Package survey looks at Modbus devices before they are in a site file: Scan
// finds the units of a line and the profile that answers best (scan.go,
// identify.go, evidence.go), Propose finds what a number on a display is in the
// registers (propose.go), Record saves what a device answers as an image that
// the simulator replays and the tests of profiles decode (record.go).
//
// It is gentle: one request at a time, never a write, a bounded number of
// reads a unit, and it ends with its context.
package survey

import (
	"context"
	"errors"

	"steward/drivers/modbus"
	"steward/gateway/config"
)

// Reader reads registers, or bits as 0 and 1, of one unit. Its errors are
// those of modbus.Client: *modbus.Exception where the unit refuses, and
// modbus.ErrNoAnswer and modbus.ErrUnreachable wrapped.
type Reader interface {
	Read(ctx context.Context, unit byte, table config.Table, first uint16, count int) ([]uint16, error)
}

var _ Reader = (*modbus.Client)(nil)

// state is what is known of one address.
type state uint8

const (
	unasked  state = iota
	answered       // it holds a word
	refused        // exception 1 to 3
	silent         // no answer to this, though the unit answers others
)

// span is a run of addresses as it was asked for.
type span struct {
	table config.Table
	first uint16
	count int
}

// memory is what one unit has answered so far. A read that it holds is not
// made again.
type memory struct {
	reader Reader
	unit   byte
	words  map[span]uint16        // single addresses that answered
	failed map[span]state         // what was refused or silent, as a whole
	barred map[config.Table]state // a whole table: its function is refused, or never answered
	quiet  map[config.Table]int   // reads without an answer
	reads  int
}

// barAfter is how many reads of a table may stay without any answer before
// the table is not asked any more.
const barAfter = 2

func newMemory(r Reader, unit byte) *memory {
	return &memory{reader: r, unit: unit, words: map[span]uint16{}, failed: map[span]state{},
		barred: map[config.Table]state{}, quiet: map[config.Table]int{}}
}

// of is what is known of a run of addresses. One that was refused as a whole
// tells nothing of its parts.
func (m *memory) of(r span) state {
	if s := m.barred[r.table]; s != unasked {
		return s
	}
	if s := m.failed[r]; s != unasked {
		return s
	}
	s := answered
	for i := range r.count {
		one := span{r.table, r.first + uint16(i), 1}
		if f := m.failed[one]; f != unasked {
			return f
		}
		if _, ok := m.words[one]; !ok {
			s = unasked
		}
	}
	return s
}

// read asks for addresses unless it is known what they say. Its error is
// ctx's, or says that the line is gone.
func (m *memory) read(ctx context.Context, r span) (state, error) {
	if s := m.of(r); s != unasked {
		return s, nil
	}
	m.reads++
	words, err := m.reader.Read(ctx, m.unit, r.table, r.first, r.count)
	if err == nil {
		delete(m.quiet, r.table)
		for i, w := range words {
			m.words[span{r.table, r.first + uint16(i), 1}] = w
		}
		return answered, nil
	}
	if ctx.Err() != nil || errors.Is(err, modbus.ErrUnreachable) {
		return unasked, err
	}
	var e *modbus.Exception
	if errors.As(err, &e) {
		m.failed[r] = refused
		if e.Code == 1 {
			m.barred[r.table] = refused
		}
		return refused, nil
	}
	m.failed[r] = silent
	if m.quiet[r.table]++; m.quiet[r.table] >= barAfter {
		m.barred[r.table] = silent
	}
	return silent, nil
}

// lookAt is how many addresses somebody looks at first.
const lookAt = 40

// seen is the range to look at: of the table that answered most, from its
// first address that did; nil where none did.
func (m *memory) seen() *Range {
	count, first := map[config.Table]int{}, map[config.Table]uint16{}
	for at := range m.words {
		if f, ok := first[at.table]; !ok || at.first < f {
			first[at.table] = at.first
		}
		count[at.table]++
	}
	var r *Range
	for _, t := range []config.Table{config.HoldingRegisters, config.InputRegisters, config.DiscreteInputs, config.Coils} {
		if count[t] > 0 && (r == nil || count[t] > count[r.Table]) {
			r = &Range{t, first[t], min(lookAt, 65536-int(first[t]))}
		}
	}
	return r
}

// get returns what addresses hold, nil where one holds nothing.
func (m *memory) get(r span) []uint16 { return wordsAt(m.words, r) }

// lost reports that nothing came back at all.
func lost(err error) bool {
	var e *modbus.Exception
	if errors.As(err, &e) {
		return e.Absent()
	}
	return errors.Is(err, modbus.ErrNoAnswer) || errors.Is(err, modbus.ErrUnreachable)
}

// barred reports that the function itself is refused: no part of the table
// will be answered.
func barred(err error) bool {
	var e *modbus.Exception
	return errors.As(err, &e) && e.Code == 1
}
