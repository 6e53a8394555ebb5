package sim

import (
	"steward/gateway/config"
)

// place is one address of one table.
type place struct {
	table   config.Table
	address uint16
}

// image is what the tables of one Modbus unit hold. Addresses that are not in
// it answer exception 02, as most devices do.
type image struct {
	words map[place]uint16 // mapped registers; coils and discrete inputs as 0 or 1
	gaps  map[place]bool   // unmapped addresses that are read as 0 all the same
	holes map[place]bool   // never answered, whatever lies around them
}

func newImage() *image {
	return &image{words: map[place]uint16{}, gaps: map[place]bool{}, holes: map[place]bool{}}
}

func isBits(t config.Table) bool { return t == config.Coils || t == config.DiscreteInputs }

// places are the addresses of a register's words, in their order.
func places(r *config.Register) []uint16 {
	switch {
	case isBits(r.Table):
		return []uint16{r.Address}
	case r.LowWord != nil:
		return []uint16{r.Address, *r.LowWord}
	}
	list := make([]uint16, r.Encoding.Words())
	for i := range list {
		list[i] = r.Address + uint16(i)
	}
	return list
}

// add makes room for an asset. Devices that let a block span unused registers
// (MaxGap) answer 0 for as many of them next to used ones.
func (m *image) add(a *config.ModbusAsset) {
	for i := range a.Points {
		first, n := a.Points[i].Span() // a device answers what lies between two words, too
		m.room(a.Points[i].Table, first, n)
	}
	for i := range a.Factors {
		first, n := a.Factors[i].Span()
		m.room(a.Factors[i].Table, first, n)
	}
	if w := a.Limits.Watch; w != nil {
		m.room(w.Table, w.Address, w.Words)
	}
	for p := range m.words {
		for d := -a.Limits.MaxGap; d <= a.Limits.MaxGap; d++ {
			n := int(p.address) + d
			if n < 0 || n > 0xFFFF {
				continue
			}
			q := place{p.table, uint16(n)}
			if _, mapped := m.words[q]; !mapped {
				m.gaps[q] = true
			}
		}
	}
	for _, h := range a.Limits.Holes {
		for n := int(h.First); n <= int(h.Last); n++ {
			m.holes[place{h.Table, uint16(n)}] = true
		}
	}
}

// room makes n registers exist; what they hold stays.
func (m *image) room(t config.Table, address uint16, n int) {
	for i := range n {
		p := place{t, address + uint16(i)}
		if _, ok := m.words[p]; !ok {
			m.words[p] = 0
		}
		delete(m.gaps, p)
	}
}

// write puts a point's value into the tables.
func (m *image) write(r *config.Register, v float64, counter bool) {
	if isBits(r.Table) {
		var b uint16
		if writeBit(r, v) {
			b = 1
		}
		m.words[place{r.Table, r.Address}] = b
		return
	}
	var buf [4]uint16
	at := places(r)
	words := buf[:len(at)]
	for i := range words {
		words[i] = m.words[place{r.Table, at[i]}]
	}
	writeRegister(words, r, v, counter)
	for i := range words {
		m.words[place{r.Table, at[i]}] = words[i]
	}
}

// one sets a factor to what multiplies by 1, or comes nearest to it: the
// simulated values are those of the primary side.
func (m *image) one(f *config.Factor) {
	want := 1.0
	if f.Power {
		want = 0
	}
	m.write(&f.Register, want, false)
}

// beat moves a protocol gateway's life sign on by one.
func (m *image) beat(w *config.Heartbeat) {
	for i := w.Words - 1; i >= 0; i-- {
		p := place{w.Table, w.Address + uint16(i)}
		m.words[p]++
		if m.words[p] != 0 {
			return
		}
	}
}

// read appends n values from address on; false where one of them cannot be
// read, which the caller answers with exception 02.
func (m *image) read(dst []uint16, t config.Table, address uint16, n int) ([]uint16, bool) {
	for i := range n {
		p := place{t, address + uint16(i)}
		v, mapped := m.words[p]
		if !mapped && (!m.gaps[p] || m.holes[p]) {
			return dst, false
		}
		dst = append(dst, v)
	}
	return dst, true
}
