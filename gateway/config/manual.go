package config

import (
	"fmt"
	"slices"

	"steward/gateway/strict"
)

// suspect is an address that may be a manual's number, which has the table in
// its first digit and counts from 1: 40001 for the first holding register.
// Some devices do have addresses like that on the wire.
type suspect struct {
	at      strict.At
	address int
	reads   Table // as it is written
	table   Table // of the number in a manual
	told    bool  // the table is written, and is another than the number's
}

// manual notes an address that looks like a manual's number.
func (m *mapper) manual(b *registerBlock, reg *Register) {
	a := b.Address.V
	s := suspect{at: b.Address.At, address: a, reads: reg.Table}
	switch bits := reg.Table == Coils || reg.Table == DiscreteInputs; {
	case !bits && a > 40000 && a < 50000:
		s.table = HoldingRegisters
	case !bits && a > 30000 && a < 40000:
		s.table = InputRegisters
	case bits && a > 10000 && a < 20000:
		s.table = DiscreteInputs
	}
	s.told = b.Has("table") && s.table != reg.Table
	m.suspect = append(m.suspect, s)
}

// warnManual warns, once for all of a device's, of addresses that may be a
// manual's numbers, and says what is read and what would be. It does not
// where the device's own addresses show that they are those on the wire:
// another one of the table stands where no manual's number is, or the table
// written beside it is not the number's.
func (m *mapper) warnManual() {
	genuine := map[Table]bool{}
	for _, s := range m.suspect {
		if s.table == 0 || s.told {
			genuine[s.reads] = true
		}
	}
	list := slices.DeleteFunc(m.suspect, func(s suspect) bool { return s.table == 0 || genuine[s.reads] })
	m.suspect = nil
	if len(list) == 0 {
		return
	}
	first, more := list[0], ""
	if n := len(list) - 1; n > 0 {
		more = fmt.Sprintf(", and so of %d more", n)
	}
	m.Warn(first.at, "address %d of table %s is read as it stands; if it is a manual's number, which counts from %d0001, write table: %s, address: %d%s",
		first.address, first.reads, first.address/10000, first.table, (first.address-1)%10000, more)
}
