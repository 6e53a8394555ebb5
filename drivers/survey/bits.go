package survey

import (
	"context"
	"slices"

	"steward/gateway/config"
)

// What the ends of a module's tables say, in bits. A module of coils and
// inputs alone has no value that could be recognised, but most know exactly as
// many addresses as they have terminals and refuse the next one.
const (
	forEnd       = 4.0  // a table ends where the profile's does
	againstEnd   = -0.5 // it goes on: another module, or one that answers 0 everywhere
	forNoTable   = 2.0  // a table of bits that the profile does not use is not there
	againstTable = -0.5 // it is there
	mostEnds     = 3    // that count for it
)

// bitsOnly reports whether a profile has nothing but coils and inputs.
func bitsOnly(p *config.Profile) bool {
	return !slices.ContainsFunc(p.Points, func(r config.Register) bool {
		return r.Table != config.Coils && r.Table != config.DiscreteInputs
	})
}

// ends asks for the addresses around the profile's bits, and for the table of
// bits that it does not use.
func (c *candidate) ends(ctx context.Context, m *memory, match *Match) error {
	for _, table := range []config.Table{config.Coils, config.DiscreteInputs} {
		low, high := 1<<16, -1
		for _, r := range c.Points {
			if r.Table == table {
				low, high = min(low, int(r.Address)), max(high, int(r.Address))
			}
		}
		if high < 0 {
			s, err := m.read(ctx, span{table, 0, 1})
			if err != nil {
				return err
			}
			match.Other += verdict(s)
			continue
		}
		for _, end := range [][2]int{{low - 1, low}, {high + 1, high}} {
			at, last := end[0], end[1]
			if at < 0 || at > 0xFFFF || m.of(span{table, uint16(last), 1}) != answered {
				continue
			}
			s, err := m.read(ctx, span{table, uint16(at), 1})
			if err != nil {
				return err
			}
			switch verdict(s) {
			case 1:
				match.Ends++
			case -1:
				match.Beyond++
			}
		}
	}
	return nil
}

// verdict is 1 for what is refused, -1 for what is there, 0 for silence.
func verdict(s state) int {
	switch s {
	case refused:
		return 1
	case answered:
		return -1
	}
	return 0
}

// endBits is what the ends say for the match.
func (m *Match) endBits() float64 {
	sum := float64(min(m.Ends, mostEnds))*forEnd + float64(m.Beyond)*againstEnd
	if m.Other > 0 {
		return sum + forNoTable
	}
	return sum - float64(m.Other)*againstTable // Other is 0 or below
}
